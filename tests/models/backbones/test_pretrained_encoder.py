"""``init_cfg`` of HiCoEncoder: weights that fit are loaded, others refused."""
import pytest
import torch
from small_models import build_encoder, skeletons


@pytest.fixture
def checkpoint(tmp_path):
    """Saves a state dict as a checkpoint and gives its path."""
    def save(state, name='encoder.pth'):
        torch.save(dict(meta={}, state_dict=state), tmp_path / name)
        return str(tmp_path / name)
    return save


def prefixed(encoder, prefix):
    return {prefix + name: value for name, value in encoder.state_dict().items()}


@pytest.mark.parametrize('saved, asked', [
    ('', {}), ('module.', {}), ('backbone.', dict(prefix='backbone.')),
    ('backbone.', dict(prefix='backbone'))])
def test_pretrained_weights_are_loaded(checkpoint, saved, asked):
    source = build_encoder()
    path = checkpoint(prefixed(source, saved) | {'neck.weight': torch.zeros(1)})
    encoder = build_encoder(frozen=True, init_cfg=dict(type='Pretrained', checkpoint=path, **asked))

    encoder.init_weights()

    for name, value in source.state_dict().items():
        assert torch.equal(encoder.state_dict()[name], value), name


def test_pretrained_weights_without_the_usual_envelope(tmp_path):
    source = build_encoder()
    torch.save(source.state_dict(), tmp_path / 'bare.pth')
    encoder = build_encoder(init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'bare.pth')))

    encoder.init_weights()

    x = skeletons()
    assert torch.equal(encoder(x)['instance'], source(x)['instance'])


@pytest.mark.parametrize('spoil, message', [
    (lambda state: state.pop('backbone.spatial.udm.norm.bias'),
     r'encoder.pth does not .*1 of \d+ tensors are missing: \[backbone.spatial.udm.norm.bias\]'),
    (lambda state: state.update({'backbone.temporal.embedding.0.weight': torch.zeros(8, 150)}),
     r'other shape: \[backbone.temporal.embedding.0.weight \(\(8, 150\) instead of \(8, 12\)'),
    (lambda state: state.clear(), "has none of the model's"),
])
def test_pretrained_weights_that_do_not_fit_are_refused(checkpoint, spoil, message):
    state = prefixed(build_encoder(), 'backbone.')
    spoil(state)
    encoder = build_encoder(init_cfg=dict(
        type='Pretrained', checkpoint=checkpoint(state), prefix='backbone.'))
    before = {name: value.clone() for name, value in encoder.state_dict().items()}

    with pytest.raises(ValueError, match=message):
        encoder.init_weights()

    for name, value in before.items():
        assert torch.equal(encoder.state_dict()[name], value), name


@pytest.mark.parametrize('prefix, listed', [('encoder.', r'encoder\.'), ('', r'temporal\.')])
def test_wrong_prefix_is_refused(checkpoint, prefix, listed):
    path = checkpoint(prefixed(build_encoder(), 'backbone.'))
    encoder = build_encoder(init_cfg=dict(type='Pretrained', checkpoint=path, prefix=prefix))

    with pytest.raises(ValueError, match=rf'none of .* \[{listed}.*it has \[backbone\.temporal'):
        encoder.init_weights()


def test_missing_checkpoint_is_refused(tmp_path):
    encoder = build_encoder(
        init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'absent.pth')))

    with pytest.raises(FileNotFoundError, match='absent.pth does not exist'):
        encoder.init_weights()


def test_other_initialisations_are_those_of_mmengine():
    encoder = build_encoder(init_cfg=dict(type='Constant', layer='Linear', val=0.25, bias=1.0))

    encoder.init_weights()

    assert (encoder.temporal.embedding[0].weight == 0.25).all()
    assert (encoder.temporal.embedding[0].bias == 1).all()
    assert encoder.temporal.s2s.rnn.weight_ih_l0.std() > 0.1  # no Linear: as it was
