import pytest
import torch

STATE = {
    'backbone.weight': torch.full((4, 2), 7.), 'backbone.bias': torch.zeros(4),
    'head.weight': torch.zeros(2, 4), 'head.bias': torch.zeros(2)
}
NO_BACKBONE_BIAS = {name: value for name, value in STATE.items() if name != 'backbone.bias'}
NO_HEAD = {name: value for name, value in STATE.items() if not name.startswith('head.')}


@pytest.fixture
def build(toy_runner, toy_loader, tmp_path):
    """Build a runner that loads a checkpoint with the given weights."""

    def build(state, hook=None, **changes):
        path = tmp_path / 'weights.pth'
        torch.save(dict(state_dict=state), path)
        return toy_runner(
            load_from=str(path), custom_hooks=[dict(type='CheckpointFitHook', **(hook or {}))],
            train_cfg=dict(by_epoch=True, max_epochs=0), test_dataloader=toy_loader(5),
            test_cfg=dict(), test_evaluator=dict(type='ScriptedMetric', values=[0.5]), **changes)

    return build


@pytest.mark.parametrize('state', [
    STATE, NO_HEAD, {f'module.{name}': value for name, value in STATE.items()}])
def test_training_needs_the_backbone(build, state):
    assert build(state).train().backbone.weight.tolist() == [[7., 7.]] * 4


@pytest.mark.parametrize('state, message', [
    (NO_BACKBONE_BIAS, r'1 of 2 tensors are missing: \[backbone.bias\]'),
    ({**STATE, 'backbone.weight': torch.zeros(5, 2)},
     r'1 of 2 tensors .* \[backbone.weight \(\(5, 2\) instead of \(4, 2\)\)\]'),
])
def test_training_refuses_another_backbone(build, state, message):
    with pytest.raises(ValueError, match=r'Checkpoint .*weights.pth does not fit.*' + message):
        build(state).train()


def test_what_the_model_does_not_take_is_not_listed_in_the_log(build, capfd):
    build({**STATE, **{f'queues.{number}': torch.zeros(1) for number in range(9)}}).train()
    log = capfd.readouterr()
    assert 'Load checkpoint from' in log.out + log.err
    assert 'queues' not in log.out + log.err


def test_prefix_says_what_training_needs(build):
    build(NO_BACKBONE_BIAS, dict(prefix='head')).train()
    with pytest.raises(ValueError, match=r'\[backbone.bias\]'):
        build(NO_BACKBONE_BIAS, dict(prefix='')).train()


def test_prefix_has_to_be_a_part_of_the_model(build):
    with pytest.raises(ValueError, match=r"'encoder.', .* has only \['backbone', 'head'\]"):
        build(STATE, dict(prefix='encoder')).train()


def test_resuming_needs_the_whole_model(build):
    with pytest.raises(ValueError, match=r'2 of 4 tensors are missing: \[head.weight, head.bias\]'):
        build(NO_HEAD, resume=True).train()


def test_testing_needs_the_whole_model_or_the_part_named(build):
    assert build(STATE).test() == {'knn/top1': 0.5}
    assert build(NO_HEAD, dict(test_prefix='backbone.')).test() == {'knn/top1': 0.5}
    with pytest.raises(ValueError, match=r'2 of 4 tensors are missing: \[head.weight, head.bias\]'):
        build(NO_HEAD).test()
