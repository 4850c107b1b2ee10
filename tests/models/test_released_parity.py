"""``variant='released'`` against numbers recorded from the authors' code, through the converter."""
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmengine.registry import init_default_scope

from hico_mm.models import InfoNCE
from hico_mm.models.losses.contrast import Logits

LETTERS = dict(clip='c', part='p', temporal='t', spatial='s', instance='i')
DIRECTIONS = dict(temporal_to_spatial=('temporal', 'spatial'),
                  spatial_to_temporal=('spatial', 'temporal'))


def assert_parity(got, recorded, name=''):
    """The largest deviation of a tensor is 1e-4 of its largest value at most."""
    got, recorded = torch.as_tensor(got).double(), torch.as_tensor(recorded).double()
    assert got.shape == recorded.shape, name
    assert (got - recorded).abs().max() <= 1e-4 * recorded.abs().max(), name


def copy_of(tensors):
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def build(converter, recorded):
    """The model of a recording with its initial state; all sizes come out of the weights."""
    state = converter.convert_state(recorded['init_state'])
    config = converter.infer_model(state, num_persons=2, in_channels=3)
    config['momentum'] = recorded['momentum']
    config['contrast'] = dict(
        type='HierarchicalContrastLoss', temperature=recorded['temperature'])
    if config['backbone']['s2s']['type'] == 'S2STransformer':
        config['backbone']['s2s']['dropout'] = 0.0  # off in the recording
    model = MODELS.build(config)
    model.load_state_dict(state)
    return model.train()


def repeat_step(model, optimizer, inputs):
    """Repeat one recorded step and keep what was recorded of it."""
    queues = copy_of({name: queue.features for name, queue in model.queues.items()})
    features, _ = model.extract_feat(inputs['query'][:, None])
    projections, _ = model.extract_feat(inputs['query'][:, None], stage='neck')
    start = {name: int(queue.pointer) for name, queue in model.queues.items()}

    losses = model.loss(torch.stack([inputs['query'], inputs['key']], dim=1), None)
    total = sum(value for name, value in losses.items() if name.startswith('loss'))
    optimizer.zero_grad()
    total.backward()
    grads = copy_of({name: parameter.grad for name, parameter in model.named_parameters()
                     if parameter.grad is not None})
    optimizer.step()

    directions = {}
    for name, (query, key) in DIRECTIONS.items():
        keys = model.queues[key].features[start[key]:start[key] + len(inputs['key'])]
        directions[name], _ = InfoNCE(query, key)(Logits(
            {query: F.normalize(projections[query], dim=1)}, {key: keys}, queues,
            model.contrast.temperature))
    return SimpleNamespace(
        features=copy_of(features), projections=copy_of(projections), losses=copy_of(losses),
        directions=copy_of(directions), total=total.detach(), grads=grads,
        pointers={f'{letter}_queue_ptr': model.queues[name].pointer.tolist()
                  for name, letter in LETTERS.items()})


@pytest.fixture(scope='module')
def converter(load_script):
    return load_script('convert/released_checkpoint')


@pytest.fixture(scope='module', params=['gru', 'lstm', 'transformer', 'transformer_g2'])
def run(request, golden_dir, converter):
    """All steps of a recording, repeated."""
    init_default_scope('mmaction')
    recorded = torch.load(golden_dir / f'pretrain_{request.param}.pt', weights_only=True)
    model = build(converter, recorded)
    optimizer = torch.optim.SGD(
        model.parameters(), lr=recorded['lr'], momentum=recorded['sgd_momentum'],
        weight_decay=recorded['weight_decay'])
    steps = [repeat_step(model, optimizer, step) for step in recorded['steps']]
    return SimpleNamespace(recorded=recorded, steps=steps, model=model,
                           pairs=list(zip(steps, recorded['steps'], strict=True)))


def test_features_and_projections(run):
    for step, recorded in run.pairs:
        assert_parity(step.features['clip'], recorded['clip_features'])
        assert_parity(step.features['part'], recorded['part_features'])
        for name in LETTERS:
            assert_parity(step.projections[name], recorded['query_projections'][name], name)


def test_losses(run):
    for step, recorded in run.pairs:
        losses = recorded['losses']
        for level in ('instance', 'clip', 'part'):
            assert_parity(step.losses[f'loss_{level}'], losses[level], level)
        for direction in DIRECTIONS:
            assert_parity(step.directions[direction], losses[direction], direction)
        assert_parity(step.losses['loss_domain'], sum(losses[direction] for direction in DIRECTIONS))
        assert_parity(step.total, recorded['total'])


def test_gradients(run, converter):
    first = {converter.rename(f'encoder_q.{name}'): gradient
             for name, gradient in run.recorded['first_step_grads'].items()}
    assert set(run.steps[0].grads) == set(first)
    for name, gradient in first.items():
        assert_parity(run.steps[0].grads[name], gradient, name)
    for step, recorded in run.pairs:
        norm = sum(gradient.square().sum() for gradient in step.grads.values()).sqrt()
        assert_parity(norm, recorded['grad_norm'])


def test_weights_of_both_encoders_and_queues(run, converter):
    for step, recorded in run.pairs:
        pointers = {name: [int(pointer)] for name, pointer in recorded['queue_ptrs'].items()}
        assert step.pointers == pointers
    expected = converter.convert_state(run.recorded['final_state'])
    state = run.model.state_dict()
    assert set(state) == set(expected)
    for name, value in expected.items():
        assert_parity(state[name], value, name)
