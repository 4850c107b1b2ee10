"""The converter, and pre-training that resumes from what it writes."""
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.optim import MultiStepLR, OptimWrapper
from mmengine.registry import init_default_scope
from mmengine.runner import Runner

from hico_mm.utils import load_checkpoint_file

SCRIPT = 'convert/released_checkpoint'


@pytest.fixture(scope='module')
def recording(golden_dir):
    """Loads numbers recorded from the authors' code by the name of the encoder."""
    return lambda encoder: torch.load(golden_dir / f'pretrain_{encoder}.pt', weights_only=True)


@pytest.fixture(scope='module')
def gru(recording):
    return recording('gru')


@pytest.fixture
def build(script):
    """Builds the pre-training model of a converted checkpoint, without dropout."""
    def build_model(converted, momentum):
        config = script.infer_model(converted['state_dict'], num_persons=2, in_channels=3)
        config['momentum'] = momentum
        if config['backbone']['s2s']['type'] == 'S2STransformer':
            config['backbone']['s2s']['dropout'] = 0.0
        model = MODELS.build(config)
        model.load_state_dict(converted['state_dict'])
        return model

    return build_model


def released_checkpoint(state):
    """A checkpoint of the authors' code after a step in which only query parameters had a gradient."""
    names = [name for name in state if name.startswith('encoder_')]
    parameters = [torch.nn.Parameter(state[name].clone()) for name in names]
    optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=1e-4)
    for name, parameter in zip(names, parameters, strict=True):
        if name.startswith('encoder_q.'):
            parameter.grad = torch.randn_like(parameter)
    optimizer.step()
    return dict(epoch=12, state_dict=state, optimizer=optimizer.state_dict())


@pytest.mark.parametrize('encoder, s2s, granularities, length', [
    ('gru', dict(type='S2SGRU', num_layers=1), 4, 32),
    ('lstm', dict(type='S2SLSTM', num_layers=1), 4, 32),
    ('transformer', dict(type='S2STransformer', num_layers=1), 4, 32),
    ('transformer_g2', dict(type='S2STransformer', num_layers=1), 2, 24)])
def test_sizes_are_read_off_the_weights(script, recording, encoder, s2s, granularities, length):
    state = script.convert_state(recording(encoder)['init_state'])
    assert script.infer_model(state, num_persons=2, in_channels=3) == dict(
        type='MoCoRecognizer',
        backbone=dict(
            type='HiCoEncoder', variant='released', num_persons=2, in_channels=3, num_joints=25,
            num_frames=64, hidden_channels=32, num_granularities=granularities, s2s=s2s),
        neck=dict(type='Projectors', hidden_channels=32, out_channels=16),
        queue=dict(type='FeatureQueue', length=length))


def test_layers_of_a_deeper_transformer_are_counted(script, recording):
    state = recording('transformer')['init_state']
    deeper = state | {name.replace('.layers.0.', '.layers.1.'): value
                      for name, value in state.items() if '.layers.0.' in name}
    converted = script.convert(dict(state_dict=deeper), 1)['state_dict']
    assert script.infer_model(converted, 2, 3)['backbone']['s2s']['num_layers'] == 2


def test_foreign_names_are_refused(script):
    for name in ('backbone.0.weight', 'encoder_q.fc.weight', 'x_queue', 'c_queue_length',
                 'encoder.hi_encoder.t_embedding.0.weight'):
        with pytest.raises(ValueError, match=f"'{name}' is not a tensor of the released HiCo"):
            script.rename(name)


@pytest.mark.parametrize('gone, message', [
    ('encoder_q.hi_encoder.t_embedding.0.weight',
     "lacks 'backbone.temporal.embedding.0.weight', so it is no complete"),
    ('i_queue', "lacks 'queues.instance.features'"),
    ('encoder_k.td_proj.0.bias',
     'does not fit the model .*momentum_encoder.neck.layers.temporal.0.bias'),
])
def test_incomplete_checkpoints_are_refused(script, gru, gone, message):
    state = {name: value for name, value in gru['init_state'].items() if name != gone}
    with pytest.raises(ValueError, match=f'(?s){message}'):
        script.convert(dict(state_dict=state), 1)


@pytest.mark.parametrize('checkpoint, sizes, message', [
    (dict(state_dict=None), {}, r'a released one is dict\(epoch, state_dict, optimizer\)'),
    ([1, 2], {}, 'holds list, but a released one is'),
    ({f'weight_{i}': 0 for i in range(9)}, {}, r"holds \['weight_0'.*'weight_4'\], but"),
    (dict(state_dict={}), dict(num_persons=0), 'num_persons=0 must be a positive integer'),
])
def test_other_checkpoints_and_sizes_are_refused(script, checkpoint, sizes, message):
    with pytest.raises(ValueError, match=message):
        script.convert(checkpoint, 1, **sizes)


def test_more_optimizer_parameters_than_tensors_are_refused(script):
    optimizer = dict(state={}, param_groups=[dict(params=[0, 1, 2], lr=0.1)])
    with pytest.raises(ValueError, match='optimizer has 3 parameters, but the state dict only 2'):
        script.convert_optimizer(optimizer, ['a', 'b'], ['a', 'b'])


@pytest.mark.parametrize('encoder, query_only', [
    ('gru', True), ('lstm', False), ('transformer', True), ('transformer_g2', False)])
def test_training_goes_on_from_the_converted_checkpoint(script, recording, build, encoder, query_only):
    """Steps before and after a conversion reach what the authors' code reached in one go."""
    recorded = recording(encoder)

    def train(model, optimizer, steps):
        for step in steps:
            losses = model.loss(torch.stack([step['query'], step['key']], dim=1), None)
            optimizer.zero_grad()
            sum(value for name, value in losses.items() if name.startswith('loss')).backward()
            optimizer.step()

    def sgd(model, lr):
        return torch.optim.SGD(model.parameters(), lr=lr, momentum=recorded['sgd_momentum'],
                               weight_decay=recorded['weight_decay'])

    model = build(script.convert(dict(state_dict=recorded['init_state']), 1), recorded['momentum'])
    optimizer, half = sgd(model, recorded['lr']), len(recorded['steps']) // 2
    train(model, optimizer, recorded['steps'][:half])

    # What the authors' code would have saved here: its names, its order, columns in its queues. Only
    # parameters of the query encoder have a momentum; it may also be the only one that is optimized.
    names = {name: script.rename(name) for name in recorded['init_state']}
    ours = model.state_dict()
    state = {f'module.{name}': ours[our_name].T if name.endswith('_queue') else ours[our_name]
             for name, our_name in names.items()}
    parameters = dict(model.named_parameters())
    order = [name for name in names if name.startswith('encoder_q.' if query_only else 'encoder_')]
    buffers = {index: dict(optimizer.state[parameters[names[name]]])
               for index, name in enumerate(order) if name.startswith('encoder_q.')}
    group = optimizer.state_dict()['param_groups'][0] | dict(params=list(range(len(order))))
    converted = script.convert(
        dict(epoch=1, state_dict=state, optimizer=dict(state=buffers, param_groups=[group])), 1)
    assert len(converted['state_dict']) == len(state)

    resumed = build(converted, recorded['momentum'])
    resumed_optimizer = sgd(resumed, lr=1.)  # the checkpoint has the right one
    resumed_optimizer.load_state_dict(converted['optimizer'])
    train(resumed, resumed_optimizer, recorded['steps'][half:])

    expected = script.convert_state(recorded['final_state'])
    for name, value in resumed.state_dict().items():
        error = (value - expected[name]).abs().max()
        assert error <= 1e-4 * expected[name].abs().max(), name


def test_mmengine_resumes_epoch_schedule_optimizer_and_queues(script, gru, build, tmp_path):
    converted = script.convert(released_checkpoint(gru['final_state']), iters_per_epoch=2)
    assert (converted['meta']['epoch'], converted['meta']['iter']) == (12, 24)
    weights = script.convert(dict(state_dict=gru['final_state']), iters_per_epoch=626)  # alone
    assert not weights.keys() & {'optimizer', 'param_schedulers'} and weights['meta']['epoch'] == 0
    # The schedule is where MMEngine's own is after as many epochs.
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.01)
    schedule = MultiStepLR(optimizer, milestones=[13])
    for _ in range(12):
        optimizer.step()
        schedule.step()
    state, = converted['param_schedulers']
    assert state == {name: schedule.state_dict()[name] for name in state}
    assert set(state) == {'last_step', '_global_step', '_last_value'}

    torch.save(converted, tmp_path / 'converted.pth')
    model = build(converted, gru['momentum'])
    views = [dict(inputs=torch.randn(2, 2, 64, 25, 3), data_samples=None) for _ in range(4)]
    runner = Runner(
        model=model, work_dir=str(tmp_path / 'work'), default_scope='mmaction',
        train_dataloader=dict(dataset=views, batch_size=2, num_workers=0,
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
    saved = load_checkpoint_file(tmp_path / 'work/epoch_14.pth')
    before = converted['state_dict']['queues.instance.pointer']
    after = saved['state_dict']['queues.instance.pointer']
    assert after.tolist() == [(before.item() + 4 * 2) % 32]
    assert len(saved['optimizer']['state']) == len(converted['optimizer']['state'])


def test_the_encoder_of_a_converted_file_can_be_loaded(call, fail, script, gru):
    target = 'new/folder/converted.pth'
    torch.save(released_checkpoint(gru['final_state']), 'released.pt')
    printed = call(SCRIPT, 'released.pt', target, '--iters-per-epoch', '7')

    assert f'{target}: {len(gru["final_state"])} tensors, 12 epochs' in printed
    converted = torch.load(target, weights_only=True)
    assert converted['meta']['iter'] == 12 * 7
    config = script.infer_model(converted['state_dict'], 2, 3)['backbone']
    encoder = MODELS.build(dict(config, frozen=True, init_cfg=dict(
        type='Pretrained', checkpoint=target, prefix='backbone.')))
    encoder.init_weights()
    for name, value in encoder.state_dict().items():
        assert torch.equal(value, converted['state_dict'][f'backbone.{name}']), name
    features = encoder(gru['steps'][0]['query'])
    assert features['instance'].shape[1] == 2 * config['num_granularities'] * 32

    for option in '--num-persons', '--in-channels':
        told = fail(SCRIPT, 'released.pt', 'other.pth', option, 4)
        assert told.startswith('error: ') and 'does not fit the model that its sizes describe' in told
