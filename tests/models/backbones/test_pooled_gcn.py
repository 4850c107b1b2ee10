"""MMAction2's networks as encoders: the pooling, the names of the weights, and what is refused."""
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.runner import load_checkpoint, save_checkpoint
from small_networks import NETWORKS, build_scrambled, pooled_config, sequences

from hico_mm.models import PooledGCN

all_networks = pytest.mark.parametrize('name', NETWORKS)


@all_networks
def test_instance_is_the_mean_over_frames_and_joints_then_persons(name):
    encoder, x = build_scrambled(pooled_config(name)).eval(), sequences()
    network = MODELS.build(NETWORKS[name])
    network.load_state_dict(encoder.state_dict())

    feature = encoder(x)['instance']

    maps = network.eval()(x).tolist()  # (N, M, D, T', V')
    for n, persons in enumerate(maps):
        for d in range(encoder.feature_channels['instance']):
            means = [sum(sum(row) for row in person[d]) / (len(person[d]) * len(person[d][0]))
                     for person in persons]
            assert feature[n, d].item() == pytest.approx(sum(means) / len(means), rel=1e-4, abs=1e-6)


@all_networks
@pytest.mark.parametrize('direction', ['from the network', 'to the network'])
def test_checkpoints_are_exchanged_with_stock_recognizers(name, direction, tmp_path):
    def recognizer(backbone, head):
        return dict(type='RecognizerGCN', backbone=backbone, cls_head=dict(
            type=head, num_classes=2, in_channels=channels))
    channels = MODELS.build(pooled_config(name)).feature_channels['instance']
    stock = build_scrambled(recognizer(NETWORKS[name], 'GCNHead'))
    ours = build_scrambled(recognizer(pooled_config(name), 'LinearHead'))
    source, target = (stock, ours) if direction == 'from the network' else (ours, stock)
    save_checkpoint(dict(meta={}, state_dict=source.state_dict()), str(tmp_path / 'a.pth'))

    load_checkpoint(target, str(tmp_path / 'a.pth'), strict=True)

    for key, tensor in source.state_dict().items():
        assert torch.equal(target.state_dict()[key], tensor), key
    x = sequences()[:, None]
    scores = [model.eval()(x, stage='head', mode='tensor') for model in (stock, ours)]
    torch.testing.assert_close(*scores)


def test_missing_and_unknown_names_are_told_by_strict_loading():
    encoder = MODELS.build(pooled_config())
    state = encoder.state_dict()
    del state['data_bn.bias']
    with pytest.raises(RuntimeError, match='Missing key.*data_bn.bias'):
        encoder.load_state_dict(state)
    with pytest.raises(RuntimeError, match='Unexpected key.*spatial.weight'):
        encoder.load_state_dict({**encoder.state_dict(), 'spatial.weight': torch.zeros(1)})


def test_trial_of_the_network_leaves_no_trace():
    encoder = MODELS.build(pooled_config())
    assert (encoder.network.data_bn.running_mean == 0).all()
    assert encoder.network.data_bn.num_batches_tracked == 0


def test_pretrained_weights_are_loaded_or_refused(tmp_path):
    source, path = build_scrambled(pooled_config()), str(tmp_path / 'a.pth')
    state = {f'backbone.{key}': tensor for key, tensor in source.state_dict().items()}
    torch.save(dict(state_dict=state), path)
    init_cfg = dict(type='Pretrained', checkpoint=path, prefix='backbone.')
    encoder = MODELS.build(pooled_config(init_cfg=init_cfg))
    encoder.init_weights()
    for key, tensor in source.state_dict().items():
        assert torch.equal(encoder.state_dict()[key], tensor), key
    with pytest.raises(ValueError, match='does not fit the model.*backbone.gcn.0.gcn'):
        MODELS.build(pooled_config('AAGCN', init_cfg=init_cfg)).init_weights()


def test_unfit_input_is_refused():
    with pytest.raises(ValueError, match='does not fit PooledGCN: num_persons=2 but the data have 1; '
                       'num_joints=17 but the data have 25'):
        MODELS.build(pooled_config())(sequences(num_persons=1, num_joints=25))


@pytest.mark.parametrize('kwargs, message', [
    (dict(num_joints=25), r'STGCN cannot take an input .* = \(1, 2, 8, 25, 3\).*graph_cfg.layout'),
    (dict(in_channels=2), r'STGCN cannot take .*in_channels of the network agree with'),
    (dict(num_frames=0), 'num_frames=0 must be a positive integer'),
])
def test_unfit_config_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(pooled_config(**kwargs))


def test_network_without_feature_maps_is_refused():
    with pytest.raises(ValueError, match=r"feature maps \(N, M, D, T', V'\), but PooledGCN gives dict"):
        PooledGCN(pooled_config(), num_joints=17, num_frames=8)
