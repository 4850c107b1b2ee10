import pytest
import torch

ITERS_PER_EPOCH = 626


@pytest.mark.parametrize('encoder, released, ours', [
    ('gru', 'hi_encoder.t_embedding.0.weight', 'backbone.temporal.embedding.0.weight'),
    ('gru', 'hi_encoder.s_embedding.1.bias', 'backbone.spatial.embedding.1.bias'),
    ('gru', 'hi_encoder.s_embedding.3.weight', 'backbone.spatial.embedding.3.weight'),
    ('gru', 'hi_encoder.t_downsample.conv.dw_conv.weight', 'backbone.temporal.udm.conv.weight'),
    ('gru', 'hi_encoder.s_downsample.norm.bias', 'backbone.spatial.udm.norm.bias'),
    ('gru', 'hi_encoder.t_encoder.weight_ih_l0', 'backbone.temporal.s2s.rnn.weight_ih_l0'),
    ('lstm', 'hi_encoder.s_encoder.bias_hh_l0_reverse',
     'backbone.spatial.s2s.rnn.bias_hh_l0_reverse'),
    ('transformer', 'hi_encoder.t_encoder.layers.0.self_attn.in_proj_weight',
     'backbone.temporal.s2s.layers.0.self_attn.in_proj_weight'),
    ('transformer', 'hi_encoder.s_encoder.layers.0.norm2.bias',
     'backbone.spatial.s2s.layers.0.norm2.bias'),
    ('gru', 'clip_proj.0.weight', 'neck.layers.clip.0.weight'),
    ('gru', 'part_proj.2.bias', 'neck.layers.part.2.bias'),
    ('gru', 'td_proj.0.weight', 'neck.layers.temporal.0.weight'),
    ('gru', 'sd_proj.0.weight', 'neck.layers.spatial.0.weight'),
    ('gru', 'instance_proj.2.weight', 'neck.layers.instance.2.weight'),
])
def test_weights_take_our_names(script, recording, encoder, released, ours):
    state = recording(encoder)['final_state']

    converted = script.convert(dict(state_dict=state), ITERS_PER_EPOCH)['state_dict']

    assert torch.equal(converted[ours], state[f'encoder_q.{released}'])
    assert torch.equal(converted[f'momentum_encoder.{ours}'], state[f'encoder_k.{released}'])


@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_every_tensor_arrives(script, recorded, prefix):
    state = recorded['final_state']

    converted = script.convert(
        dict(state_dict={prefix + name: value for name, value in state.items()}), ITERS_PER_EPOCH)

    assert len(converted['state_dict']) == len(state)
    ours = sorted(value.double().sum().item() for value in converted['state_dict'].values())
    released = sorted(value.double().sum().item() for value in state.values())
    assert ours == pytest.approx(released)


@pytest.mark.parametrize('letter, name', [
    ('c', 'clip'), ('p', 'part'), ('t', 'temporal'), ('s', 'spatial'), ('i', 'instance')])
def test_queues_are_turned_and_keep_their_pointer(script, recorded, letter, name):
    state = recorded['final_state']

    converted = script.convert(dict(state_dict=state), ITERS_PER_EPOCH)['state_dict']

    queue = converted[f'queues.{name}.features']
    for column in range(state[f'{letter}_queue'].shape[1]):
        assert torch.equal(queue[column], state[f'{letter}_queue'][:, column])
    assert torch.equal(converted[f'queues.{name}.pointer'], state[f'{letter}_queue_ptr'])


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

    converted = script.convert(dict(state_dict=deeper), ITERS_PER_EPOCH)['state_dict']

    assert script.infer_model(converted, 2, 3)['backbone']['s2s']['num_layers'] == 2


@pytest.mark.parametrize('name', ['backbone.0.weight', 'encoder_q.fc.weight', 'x_queue',
                                  'c_queue_length', 'encoder.hi_encoder.t_embedding.0.weight'])
def test_foreign_names_are_refused(script, gru, name):
    state = gru['init_state'] | {name: torch.zeros(1)}

    with pytest.raises(ValueError, match=f"'{name}' is not a tensor of the released HiCo"):
        script.convert(dict(state_dict=state), ITERS_PER_EPOCH)


@pytest.mark.parametrize('gone, message', [
    ('encoder_q.hi_encoder.t_embedding.0.weight',
     "lacks 'backbone.temporal.embedding.0.weight', so it is no complete"),
    ('encoder_q.clip_proj.2.weight', "lacks 'neck.layers.clip.2.weight'"),
    ('i_queue', "lacks 'queues.instance.features'"),
    ('encoder_k.td_proj.0.bias',
     'does not fit the model .*momentum_encoder.neck.layers.temporal.0.bias'),
    ('c_queue_ptr', r'does not fit the model .*queues.clip.pointer'),
])
def test_incomplete_checkpoints_are_refused(script, gru, gone, message):
    state = {name: value for name, value in gru['init_state'].items() if name != gone}

    with pytest.raises(ValueError, match=f'(?s){message}'):
        script.convert(dict(state_dict=state), ITERS_PER_EPOCH)


@pytest.mark.parametrize('sizes', [dict(num_persons=4), dict(in_channels=2)])
def test_persons_and_coordinates_that_do_not_fit_are_refused(script, gru, sizes):
    with pytest.raises(ValueError, match='does not fit the model that its sizes describe'):
        script.convert(dict(state_dict=gru['init_state']), ITERS_PER_EPOCH, **sizes)


@pytest.mark.parametrize('checkpoint', [dict(epoch=3, model={}), {}, dict(state_dict=None)])
def test_a_checkpoint_without_state_dict_is_refused(script, checkpoint):
    with pytest.raises(ValueError, match=r'a released one is dict\(epoch, state_dict, optimizer\)'):
        script.convert(checkpoint, ITERS_PER_EPOCH)


def test_more_optimizer_parameters_than_tensors_are_refused(script):
    optimizer = dict(state={}, param_groups=[dict(params=[0, 1, 2], lr=0.1)])
    with pytest.raises(ValueError, match='optimizer has 3 parameters, but the state dict only 2'):
        script.convert_optimizer(optimizer, ['a', 'b'], ['a', 'b'])


@pytest.mark.parametrize('checkpoint, message', [
    ([1, 2], 'holds list, but a released one is'),
    ({f'weight_{i}': 0 for i in range(9)}, r"holds \['weight_0'.*'weight_4'\], but"),
])
def test_other_files_are_refused(script, checkpoint, message):
    with pytest.raises(ValueError, match=message):
        script.convert(checkpoint, iters_per_epoch=1)


def test_impossible_sizes_are_refused(script):
    with pytest.raises(ValueError, match='num_persons=0 and in_channels=3 must be positive'):
        script.convert(dict(state_dict={}), iters_per_epoch=1, num_persons=0)
