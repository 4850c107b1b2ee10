"""Whole training steps of CrosSCLR, AimCLR and AS-CAL against those of their public code."""
import re

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.logging import MessageHub
from public_code import GRAPH, NAMES

VIEWS = ('joint', 'motion', 'bone')
WIDTHS = [4, 4, 4, 4, 8, 8, 8, 16, 16, 8]

def stgcn(**kwargs):
    return dict(type='PooledGCN', num_frames=12,
                network=dict(type='STGCNOfWidths', widths=WIDTHS, graph_cfg=GRAPH), **kwargs)


def our_name(name, views):
    """Our name of a tensor of the public state dict."""
    module, rest = name.split('.', 1) if '.' in name else (name, '')
    view = next((view for view in views[1:] if module.endswith(view)), views[0])
    if module.startswith('queue'):
        return f'queues.{view}.' + ('pointer' if '_ptr' in module else 'features')
    prefix = 'momentum_encoder.' if module.startswith('encoder_k') else ''
    if rest.startswith('fc.'):
        return f'{prefix}neck.layers.{view}.{rest[3:]}'
    for pattern, ours in NAMES:
        rest = re.sub(pattern, ours, rest)
    return f'{prefix}backbone.{view}.{rest}' if len(views) > 1 else f'{prefix}backbone.{rest}'


def our_state(state, views):
    # Their queues are (D, K).
    return {our_name(name, views): value.T if value.dim() == 2 and name.startswith('queue') else value
            for name, value in state.items()}


def inputs(*views):
    return torch.stack([view.permute(0, 4, 2, 3, 1) for view in views], 1)  # (N, views, M, T, V, C)


def check_state(model, expected, tolerance):
    state = model.state_dict()
    for name, value in expected.items():
        atol = 1e-5 if 'running' in name else tolerance
        torch.testing.assert_close(state[name], value, atol=atol, rtol=1e-6, check_dtype=False,
                                   msg=lambda text, name=name: f'{name}: {text}')


def train_two_steps(model, recorded, batch, views, losses):
    """One step in each stage; ``losses`` (results -> value or values) are compared, too."""
    model.train()
    missing, unexpected = model.load_state_dict(our_state(recorded['before'], views), strict=False)
    assert not unexpected
    assert {name.rpartition('.')[2] for name in missing} <= {'A', 'PA', 'num_batches_tracked'}
    optimizer = torch.optim.SGD(
        [p for p in model.parameters() if p.requires_grad], recorded['lr'],
        recorded['sgd_momentum'], weight_decay=recorded['weight_decay'])
    hub = MessageHub.get_current_instance()
    for stage, epoch, tolerance in (('after_stage1', 149, 1e-5), ('after_stage2', 150, 1e-4)):
        hub.update_info('epoch', epoch)
        results = model.loss(batch, None)
        assert losses(results) == pytest.approx(recorded[stage]['loss'], abs=tolerance)
        optimizer.zero_grad()
        sum(value for name, value in results.items() if name.startswith('loss')).backward()
        optimizer.step()
        check_state(model, our_state(recorded[stage]['state'], views), tolerance)


@pytest.fixture
def epoch_of_the_hub():
    yield
    MessageHub.get_current_instance().update_info('epoch', 0)


def test_crossclr(golden, epoch_of_the_hub):
    recorded = golden('crossclr_steps')
    first = [dict(type='InfoNCE', query=view, end=150) for view in VIEWS]
    second = [dict(type='CrossView', anchor=anchor, source=source, topk=recorded['topk'],
                   context=bool(recorded['context']), weight=0.5, begin=150)
              for anchor in VIEWS for source in VIEWS if source != anchor]
    model = MODELS.build(dict(
        type='ReleasedCrosSCLR', backbone=dict(
            type='EncoderGroup', encoders={view: stgcn() for view in VIEWS}),
        neck=dict(out_channels=8, variant='released'), queue=dict(length=8),
        momentum=recorded['momentum'], contrast=dict(
            type='Contrast', terms=[*first, *second], temperature=recorded['temperature'])))

    train_two_steps(model, recorded, inputs(recorded['query'], recorded['key']), VIEWS,
                    lambda results: {view: results[f'loss_{view}'].item() for view in VIEWS})


def test_aimclr(golden, epoch_of_the_hub):
    recorded = golden('aimclr_steps')
    students = ['extreme.instance', 'extreme.dropped']
    model = MODELS.build(dict(
        type='MoCoRecognizer', backbone=stgcn(drop=dict(type='AttentionDrop')),
        neck=dict(out_channels=8, shared=dict(dropped='instance')), queue=dict(length=8),
        momentum=recorded['momentum'], further_views=['extreme'], contrast=dict(
            type='Contrast', temperature=recorded['temperature'], terms=[
                dict(type='InfoNCE', query='instance', end=150),
                dict(type='Neighbours', anchor='instance', sources=students,
                     topk=recorded['topk'], begin=150),
                *(dict(type='Distribution', student=student, teacher='instance', weight=0.5)
                  for student in students)])))

    batch = inputs(recorded['query'], recorded['extreme'], recorded['key'])
    train_two_steps(model, recorded, batch, ['instance'], lambda results: sum(
        value.item() for name, value in results.items() if name.startswith('loss')))


def test_ascal_fills_its_queue_for_an_epoch_and_then_trains(golden):
    recorded = golden('ascal')
    model = MODELS.build(dict(
        type='MoCoRecognizer', normalize=False, neck=dict(out_channels=None), queue=dict(length=24),
        backbone=dict(type='RecurrentEncoder', num_joints=5, num_frames=12, cell='LSTM',
                      hidden_channels=16, num_layers=1, bidirectional=False, pooling='mean'),
        contrast=dict(type='Contrast', temperature=recorded['temperature'],
                      terms=[dict(type='InfoNCE', query='instance')])))
    batch = inputs(recorded['query_view'], recorded['key_view'])

    def state(step, when):
        both = {f'{prefix}backbone.layers.0.0.{name.rpartition(".")[2]}': value
                for prefix, encoder in (('', 'query'), ('momentum_encoder.', 'key'))
                for name, value in step[f'{encoder}_state_{when}'].items()}
        for name, value in both.items():
            if 'weight_ih' in name:  # theirs are C, V, M, ours M, V, C
                both[name] = value.unflatten(1, (3, 5, 2)).permute(0, 3, 2, 1).flatten(1)
        pointer = torch.tensor([step[f'pointer_{when}']])
        return {**both, 'queues.instance.features': step[f'queue_{when}'],
                'queues.instance.pointer': pointer}

    for epoch in ('epoch1', 'epoch2'):
        step = recorded[epoch]
        model.load_state_dict(state(step, 'before'))
        optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], recorded['lr'],
                                    recorded['sgd_momentum'], weight_decay=recorded['weight_decay'])
        model.momentum = 1.0  # the update before the keys: that of an earlier step, already done
        loss = model.loss(batch, None)['loss_instance']
        loss.backward()
        if epoch == 'epoch2':
            optimizer.step()
            model.momentum = recorded['momentum']
            model._update_momentum_encoder()
        optimizer.zero_grad()

        assert loss.item() == pytest.approx(step['loss'], abs=1e-6)
        check_state(model, state(step, 'after'), 1e-6)
