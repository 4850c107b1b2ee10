"""Pre-training goes on from a converted checkpoint."""
import pytest
import torch
from mmengine.optim import MultiStepLR, OptimWrapper
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from torch.utils.data import Dataset


@pytest.mark.parametrize('query_only', [False, True])
def test_momentum_buffers_land_at_their_parameters(script, recorded, released_checkpoint, build,
                                                   query_only):
    checkpoint = released_checkpoint(recorded['final_state'], query_only)

    converted = script.convert(checkpoint, iters_per_epoch=1)

    model = build(converted, recorded['momentum'])
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    optimizer.load_state_dict(converted['optimizer'])
    group = optimizer.param_groups[0]
    assert (group['lr'], group['momentum'], group['weight_decay']) == (0.01, 0.9, 1e-4)
    parameters = dict(model.named_parameters())
    names = [name for name in checkpoint['state_dict'] if name.startswith('encoder_q.')]
    for index, name in enumerate(names):
        buffer = optimizer.state[parameters[script.rename(name)]]['momentum_buffer']
        assert torch.equal(buffer, checkpoint['optimizer']['state'][index]['momentum_buffer']), name
    with_state = [name for name, parameter in parameters.items() if optimizer.state.get(parameter)]
    assert len(with_state) == len(names)
    assert not any(name.startswith('momentum_encoder.') for name in with_state)


@pytest.mark.parametrize('query_only', [False, True])
def test_training_goes_on_from_the_converted_checkpoint(script, recorded, build, query_only):
    """Steps before and after a conversion reach what the authors' code reached in one go."""
    def train(model, optimizer, steps):
        for step in steps:
            losses = model.loss(torch.stack([step['query'], step['key']], dim=1), None)
            optimizer.zero_grad()
            sum(value for name, value in losses.items() if name.startswith('loss')).backward()
            optimizer.step()

    def sgd(model):
        return torch.optim.SGD(model.parameters(), lr=recorded['lr'],
                               momentum=recorded['sgd_momentum'],
                               weight_decay=recorded['weight_decay'])

    model = build(script.convert(dict(state_dict=recorded['init_state']), 1), recorded['momentum'])
    optimizer, half = sgd(model), len(recorded['steps']) // 2
    train(model, optimizer, recorded['steps'][:half])

    # What the authors' code would have saved here: its names, its order, columns in its queues.
    names = list(recorded['init_state'])
    ours = model.state_dict()
    state = {name: ours[script.rename(name)].T if name.endswith('_queue')
             else ours[script.rename(name)] for name in names}
    parameters = dict(model.named_parameters())
    order = [name for name in names
             if name.startswith('encoder_q.' if query_only else 'encoder_')]
    buffers = {index: dict(optimizer.state[parameters[script.rename(name)]])
               for index, name in enumerate(order) if name.startswith('encoder_q.')}
    group = optimizer.state_dict()['param_groups'][0] | dict(params=list(range(len(order))))
    converted = script.convert(
        dict(epoch=1, state_dict=state, optimizer=dict(state=buffers, param_groups=[group])), 1)

    resumed = build(converted, recorded['momentum'])
    resumed_optimizer = sgd(resumed)
    resumed_optimizer.load_state_dict(converted['optimizer'])
    train(resumed, resumed_optimizer, recorded['steps'][half:])

    expected = script.convert_state(recorded['final_state'])
    for name, value in resumed.state_dict().items():
        error = (value - expected[name]).abs().max()
        assert error <= 1e-4 * expected[name].abs().max(), name


def test_epoch_step_and_schedule_to_resume_at(script, gru, released_checkpoint):
    converted = script.convert(released_checkpoint(gru['final_state']), iters_per_epoch=626)

    assert converted['meta']['epoch'] == 12
    assert converted['meta']['iter'] == 12 * 626
    # The schedule is where MMEngine's own is after as many epochs.
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.01)
    schedule = MultiStepLR(optimizer, milestones=[351])
    for _ in range(12):
        optimizer.step()
        schedule.step()
    state, = converted['param_schedulers']
    assert state == {name: schedule.state_dict()[name] for name in state}
    assert set(state) == {'last_step', '_global_step', '_last_value'}


def test_a_checkpoint_without_optimizer_gives_weights_alone(script, gru):
    converted = script.convert(dict(state_dict=gru['final_state']), iters_per_epoch=626)

    assert 'optimizer' not in converted
    assert 'param_schedulers' not in converted
    assert converted['meta']['epoch'] == 0


class Views(Dataset):
    """Two batches of two sequences with two views each."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return dict(inputs=torch.randn(2, 2, 64, 25, 3), data_samples=None)


def test_mmengine_resumes_epoch_schedule_optimizer_and_queues(script, gru, released_checkpoint,
                                                              build, tmp_path):
    converted = script.convert(released_checkpoint(gru['final_state']), iters_per_epoch=2)
    torch.save(converted, tmp_path / 'converted.pth')
    model = build(converted, gru['momentum'])
    runner = Runner(
        model=model, work_dir=str(tmp_path / 'work'), default_scope='mmaction',
        train_dataloader=dict(dataset=Views(), batch_size=2, num_workers=0,
                              sampler=dict(type='DefaultSampler', shuffle=False)),
        optim_wrapper=OptimWrapper(torch.optim.SGD(
            model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)),
        param_scheduler=dict(type='MultiStepLR', by_epoch=True, milestones=[13], gamma=0.1),
        train_cfg=dict(by_epoch=True, max_epochs=14), resume=True,
        load_from=str(tmp_path / 'converted.pth'), log_level='ERROR', experiment_name='resume')
    try:
        runner.train()
    finally:
        init_default_scope('mmaction')

    assert (runner.epoch, runner.iter) == (14, 28)  # 2 epochs of 2 steps were trained
    assert runner.optim_wrapper.get_lr()['lr'] == [pytest.approx(0.001)]  # x0.1 at epoch 13
    saved = torch.load(tmp_path / 'work/epoch_14.pth', weights_only=True)
    before = converted['state_dict']['queues.instance.pointer']
    after = saved['state_dict']['queues.instance.pointer']
    assert after.tolist() == [(before.item() + 4 * 2) % 32]
    assert len(saved['optimizer']['state']) == len(converted['optimizer']['state'])
