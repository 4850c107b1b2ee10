import json
import math
import re
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmaction.registry import DATASETS, MODELS
from mmengine.dataset import BaseDataset, pseudo_collate
from mmengine.logging import HistoryBuffer
from torch.utils.data import ConcatDataset, DataLoader, Subset

from hico_mm.datasets import SeededDataset, skeleton_collate
from hico_mm.engine import FiniteLossHook, LabelledSequencesHook, TrainLoaderCheckHook
from hico_mm.utils import load_checkpoint_file


class SeededList(list):

    def set_epoch(self, seed, epoch):
        """As SeededDataset has it."""


def check_loader(dataset=(1, 2), preprocessor='SkeletonPreprocessor', **settings):
    loader = DataLoader(dataset, **settings)
    model = SimpleNamespace(data_preprocessor=MODELS.build(dict(type=preprocessor)))
    TrainLoaderCheckHook().before_train(SimpleNamespace(train_dataloader=loader, model=model))


@pytest.mark.parametrize('settings, message', [
    (dict(dataset=SeededList([1, 2]), num_workers=2), None),
    (dict(num_workers=2, persistent_workers=True), None),
    (dict(num_workers=0), None),
    (dict(batch_size=2, drop_last=True), None),
    (dict(batch_size=3), None),
    (dict(collate_fn=partial(skeleton_collate)), None),
    (dict(collate_fn=partial(pseudo_collate), preprocessor='ActionDataPreprocessor'), None),
    (dict(dataset=Subset(SeededList([1, 2]), [0]), num_workers=2), None),
    (dict(dataset=ConcatDataset([SeededList([1, 2]), [1, 2]]), num_workers=2), 'num_workers=2 and'),
    (dict(num_workers=2), 'num_workers=2 and persistent_workers=False.*SeededD'),
    (dict(batch_size=3, drop_last=True),
     'no batch: 2 sequences, batch_size=3 and drop_last=True.*Lower the batch size'),
    (dict(preprocessor='ActionDataPreprocessor', collate_fn=partial(skeleton_collate)),
     'skeleton_collate, but the model has the ActionDataPreprocessor, which takes lists. '
     r"Set .*SkeletonPreprocessor'\), or in all loaders.*pseudo"),
])
def test_loaders_that_are_accepted_or_refused(settings, message):
    with nullcontext() if message is None else pytest.raises(ValueError, match=message):
        check_loader(**settings)


STATE = {
    'backbone.weight': torch.full((4, 2), 7.), 'backbone.bias': torch.zeros(4),
    'head.weight': torch.zeros(2, 4), 'head.bias': torch.zeros(2)
}
NO_BACKBONE_BIAS = {name: value for name, value in STATE.items() if name != 'backbone.bias'}
NO_HEAD = {name: value for name, value in STATE.items() if not name.startswith('head.')}
HEAD_MISSING = r'2 of 4 tensors are missing: \[head.weight, head.bias\]'


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


@pytest.mark.parametrize('state, hook', [
    (STATE, {}), (NO_HEAD, {}), ({f'module.{name}': value for name, value in STATE.items()}, {}),
    (NO_BACKBONE_BIAS, dict(prefix='head')),
    ({**STATE, **{f'queues.{number}': torch.zeros(1) for number in range(9)}}, {})])
def test_training_needs_the_backbone_or_the_part_named(build, capfd, state, hook):
    assert build(state, hook).train().backbone.weight.tolist() == [[7., 7.]] * 4
    log = ''.join(capfd.readouterr())
    assert 'Load checkpoint from' in log
    assert 'queues' not in log, 'what the model does not take is not listed'


@pytest.mark.parametrize('state, hook, changes, message', [
    (NO_BACKBONE_BIAS, {}, {}, r'weights.pth does not fit.*1 of 2 tensors are missing: \[backbone.bias'),
    ({**STATE, 'backbone.weight': torch.zeros(5, 2)}, {}, {},
     r'1 of 2 tensors .* \[backbone.weight \(\(5, 2\) instead of \(4, 2\)\)\]'),
    (NO_BACKBONE_BIAS, dict(prefix=''), {}, r'\[backbone.bias\]'),
    (NO_HEAD, {}, dict(resume=True), HEAD_MISSING),
    (STATE, dict(prefix='encoder'), {}, r"'encoder.', .* has only \['backbone', 'head'\]"),
])
def test_training_refuses_other_checkpoints(build, state, hook, changes, message):
    with pytest.raises(ValueError, match=message):
        build(state, hook, **changes).train()


def test_testing_needs_the_whole_model_or_the_part_named(build):
    assert build(STATE).test() == {'knn/top1': 0.5}
    assert build(NO_HEAD, dict(test_prefix='backbone.')).test() == {'knn/top1': 0.5}
    with pytest.raises(ValueError, match=HEAD_MISSING):
        build(NO_HEAD).test()


@pytest.mark.parametrize('losses, is_lost', [
    ([0.], False), ([math.nan, 2.], False), ([1.5, math.nan], True), ([1.5, -math.inf], True)])
def test_the_newest_loss_has_to_be_finite(losses, is_lost):
    hub = SimpleNamespace(get_scalar=lambda name: HistoryBuffer(losses, [1] * len(losses)))
    runner = SimpleNamespace(message_hub=hub, epoch=4, iter=22)
    message = f'loss is {losses[-1]}, seen in epoch 5 after 23 iterations. Lower the learning'
    with pytest.raises(ValueError, match=message) if is_lost else nullcontext():
        FiniteLossHook().after_train_iter(runner, batch_idx=2)


@pytest.mark.parametrize('kind', ['RuntimeInfoHook', 'DeferredRuntimeInfoHook'])
@pytest.mark.parametrize('checkpoint', [{}, dict(by_epoch=False, interval=1)])
def test_no_lost_weights_are_saved(toy_runner, checkpoints_in, kind, checkpoint):
    runner = toy_runner(
        custom_hooks=[dict(type='FiniteLossHook')],
        default_hooks=dict(runtime_info=dict(type=kind), logger=dict(type='LoggerHook', interval=100),
                           checkpoint=dict(type='CheckpointHook', **checkpoint)),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=1e30)))
    with pytest.raises(ValueError, match='loss is'):
        runner.train()
    names = checkpoints_in(runner.work_dir)
    assert bool(names) == bool(checkpoint), 'one is saved while the loss is finite'
    for name in names:
        hub = load_checkpoint_file(Path(runner.work_dir, name))['message_hub']
        assert all(map(math.isfinite, hub['log_scalars']['train/loss'].data[0]))


@DATASETS.register_module()
class LabelledPoints(BaseDataset):
    """Twelve points of three classes."""

    def __init__(self, prefix='p'):
        self.prefix = prefix
        super().__init__(serialize_data=False)

    def load_data_list(self):
        return [dict(frame_dir=f'{self.prefix}{11 - i:02d}', label=i % 3) for i in range(12)]


def draw(prefix='p', fraction=0.5, seed=1):
    return dict(type='LabelFraction', fraction=fraction, seed=seed,
                dataset=dict(type='LabelledPoints', prefix=prefix))


def drawn_names(**kwargs):
    return DATASETS.build(draw(**kwargs)).frame_dirs


@pytest.fixture
def list_labels(tmp_path, monkeypatch):
    """Let a training begin on a draw inside other wrappers; give the lines that it logged."""

    def list_labels(dataset, is_main=True):
        monkeypatch.setattr(f'{LabelledSequencesHook.__module__}.is_main_process', lambda: is_main)
        log = []
        LabelledSequencesHook().before_train(SimpleNamespace(
            train_dataloader=SimpleNamespace(dataset=SeededDataset(
                dict(type='RepeatDataset', dataset=dataset, times=2))),
            work_dir=str(tmp_path), logger=SimpleNamespace(info=log.append)))
        return log

    return list_labels


def test_the_draw_is_saved_once(list_labels, tmp_path):
    path = tmp_path / 'labelled_sequences.json'
    assert list_labels(draw()['dataset']) == [] and not path.exists(), 'not drawn'
    assert list_labels(draw(), is_main=False) == [] and not path.exists()
    assert list_labels(draw()) == [f'6 labelled sequences are listed in {path}']
    assert json.loads(path.read_text()) == dict(
        fraction=0.5, seed=1, num_per_class={'0': 2, '1': 2, '2': 2},
        frame_dirs=sorted(drawn_names()))
    before = path.stat().st_mtime_ns
    assert list_labels(draw()) == list_labels(draw(), is_main=False) == []
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize('other, described', [
    (dict(seed=2), '6 sequences of fraction=0.5 and seed=2, {} of them'),
    (dict(fraction=0.75), '9 sequences of fraction=0.75 and seed=1, 3 of them'),
    (dict(prefix='q'), '6 sequences of fraction=0.5 and seed=1, 6 of them'),
])
def test_refuses_the_work_dir_of_another_draw(list_labels, tmp_path, other, described):
    list_labels(draw())
    path = tmp_path / 'labelled_sequences.json'
    content = path.read_bytes()
    different = len(set(drawn_names(seed=2)) - set(drawn_names()))
    assert different > 0
    for is_main in (True, False):
        with pytest.raises(ValueError, match=(
                f'The work dir belongs to another draw of labels: {re.escape(str(path))} lists '
                '6 sequences of fraction=0.5 and seed=1, but the training data are '
                f'{described.format(different)} not in the list. Name another work dir')):
            list_labels(draw(**other), is_main)
    assert path.read_bytes() == content


def test_looks_before_features_are_cached(toy_runner):
    runner = toy_runner(custom_hooks=[
        dict(type='CacheFeaturesHook'), dict(type='LabelledSequencesHook')])
    names = [type(hook).__name__ for hook in runner.hooks]
    assert names.index('LabelledSequencesHook') < names.index('CacheFeaturesHook')
