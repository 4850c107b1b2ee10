"""What all encoders share: frozen weights, and weights from a checkpoint."""
import pytest
import small_models as small
import torch
from mmaction.registry import MODELS
from mmengine.model import PretrainedInit
from small_models import NETWORKS, build_encoder, encoder_config, pooled_config, sequences, skeletons
from torch import nn


@pytest.mark.parametrize('config, x', [
    (encoder_config(s2s='S2STransformer', frozen=True), skeletons()),
    *((pooled_config(network, frozen=True), sequences()) for network in NETWORKS)])
def test_frozen_encoder_neither_learns_nor_changes(config, x):
    encoder = MODELS.build(config)
    before = small.state_of(encoder)

    for switch in (lambda: None, encoder.train, nn.Sequential(encoder).train):
        switch()
        assert not any(module.training for module in encoder.modules())
        assert not any(parameter.requires_grad for parameter in encoder.parameters())
    first, second = encoder(x)['instance'], encoder(x)['instance']
    assert torch.equal(first, second) and not first.requires_grad  # no dropout, no statistics
    small.assert_same(encoder.state_dict(), before)


@pytest.mark.parametrize('config', [encoder_config(s2s='S2STransformer'), pooled_config()])
def test_encoder_that_is_not_frozen_changes_its_mode(config):
    encoder = MODELS.build(config)

    assert all(module.training for module in encoder.modules())
    assert not any(module.training for module in encoder.eval().modules())
    assert encoder.train() is encoder
    assert all(module.training for module in encoder.modules())
    assert all(parameter.requires_grad for parameter in encoder.parameters())


@pytest.fixture
def checkpoint(tmp_path):
    """Saves a state dict as a checkpoint and gives its path."""
    def save(state, bare=False):
        torch.save(state if bare else dict(meta={}, state_dict=state), tmp_path / 'encoder.pth')
        return str(tmp_path / 'encoder.pth')
    return save


def prefixed(encoder, prefix):
    return {prefix + name: value for name, value in encoder.state_dict().items()}


def pretrained(path, **kwargs):
    return build_encoder(init_cfg=dict(type='Pretrained', checkpoint=path, **kwargs))


@pytest.mark.parametrize('saved, asked, bare', [
    ('', {}, True), ('module.', {}, False), ('backbone.', dict(prefix='backbone.'), False),
    ('backbone.', dict(prefix='backbone'), True)])
def test_pretrained_weights_are_loaded(checkpoint, saved, asked, bare):
    source = build_encoder()
    path = checkpoint(prefixed(source, saved) | {'neck.weight': torch.zeros(1)}, bare)
    encoder = pretrained(path, **asked)

    encoder.init_weights()

    small.assert_same(encoder.state_dict(), source.state_dict())


@pytest.mark.parametrize('spoil, prefix, message', [
    (lambda state: state.pop('backbone.spatial.udm.norm.bias'), 'backbone.',
     r'encoder.pth does not .*1 of \d+ tensors are missing: \[backbone.spatial.udm.norm.bias\]'),
    (lambda state: state.update({'backbone.temporal.embedding.0.weight': torch.zeros(8, 150)}),
     'backbone.',
     r'other shape: \[backbone.temporal.embedding.0.weight \(\(8, 150\) instead of \(8, 12\)'),
    (lambda state: state.clear(), 'backbone.', "has none of the model's"),
    (lambda state: None, 'encoder.', r'none of .* \[encoder\..*it has \[backbone\.temporal'),
    (lambda state: None, '', r'none of .* \[temporal\..*it has \[backbone\.temporal'),
])
def test_pretrained_weights_that_do_not_fit_are_refused(checkpoint, spoil, prefix, message):
    state = prefixed(build_encoder(), 'backbone.')
    spoil(state)
    encoder = pretrained(checkpoint(state), prefix=prefix)
    before = small.state_of(encoder)

    with pytest.raises(ValueError, match=message):
        encoder.init_weights()

    small.assert_same(encoder.state_dict(), before)


@pytest.mark.parametrize('kind, as_list', [
    ('Pretrained', True), (PretrainedInit, False), (PretrainedInit, True)])
def test_other_ways_to_write_pretrained_are_as_strict(checkpoint, kind, as_list):
    config = dict(type=kind, checkpoint=checkpoint(build_encoder(hidden_channels=4).state_dict()))
    with pytest.raises(ValueError, match='does not fit the model'):
        build_encoder(init_cfg=[config] if as_list else config).init_weights()


def test_other_initialisations_are_those_of_mmengine():
    encoder = build_encoder(init_cfg=dict(type='Constant', layer='Linear', val=0.25, bias=1.0))

    encoder.init_weights()

    assert (encoder.temporal.embedding[0].weight == 0.25).all()
    assert (encoder.temporal.embedding[0].bias == 1).all()
    assert encoder.temporal.s2s.rnn.weight_ih_l0.std() > 0.1  # no Linear: as it was
