"""MMAction2's networks as encoders: the pooling, the names of the weights, and what is refused."""
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.runner import load_checkpoint, save_checkpoint
from small_models import NETWORKS, assert_same, build_scrambled, pooled_config, sequences

from hico_mm.models import PooledGCN


@pytest.mark.parametrize('name', NETWORKS)
def test_instance_is_the_mean_and_weights_are_exchanged_with_stock_recognizers(name, tmp_path):
    def recognizer(backbone, head):
        return build_scrambled(dict(type='RecognizerGCN', backbone=backbone, cls_head=dict(
            type=head, num_classes=2, in_channels=channels))).eval()

    channels = MODELS.build(pooled_config(name)).feature_channels['instance']
    stock, ours = recognizer(NETWORKS[name], 'GCNHead'), recognizer(pooled_config(name), 'LinearHead')
    x, path = sequences(), str(tmp_path / 'a.pth')
    for source, target in ((stock, ours), (ours, stock)):
        build_scrambled(source)
        save_checkpoint(dict(meta={}, state_dict=source.state_dict()), path)

        load_checkpoint(target, path, strict=True)

        assert_same(target.state_dict(), source.state_dict())
        torch.testing.assert_close(*(model(x[:, None], stage='head', mode='tensor')
                                     for model in (stock, ours)))

    feature, maps = ours.backbone(x)['instance'], stock.backbone(x).tolist()  # (N, M, D, T', V')
    for n, persons in enumerate(maps):
        for d in range(channels):
            means = [sum(sum(row) for row in person[d]) / (len(person[d]) * len(person[d][0]))
                     for person in persons]
            assert feature[n, d].item() == pytest.approx(sum(means) / len(means), rel=1e-4, abs=1e-6)


def test_missing_and_unknown_names_are_told_by_strict_loading():
    encoder = MODELS.build(pooled_config())
    state = encoder.state_dict()
    assert (state['data_bn.running_mean'] == 0).all()  # the trial for the channels left no trace
    assert state['data_bn.num_batches_tracked'] == 0
    with pytest.raises(RuntimeError, match='Unexpected key.*spatial.weight'):
        encoder.load_state_dict({**state, 'spatial.weight': torch.zeros(1)})
    del state['data_bn.bias']
    with pytest.raises(RuntimeError, match='Missing key.*data_bn.bias'):
        encoder.load_state_dict(state)


def test_pretrained_weights_are_loaded_or_refused(tmp_path):
    source, path = build_scrambled(pooled_config()), str(tmp_path / 'a.pth')
    state = {f'backbone.{key}': tensor for key, tensor in source.state_dict().items()}
    torch.save(dict(state_dict=state), path)
    init_cfg = dict(type='Pretrained', checkpoint=path, prefix='backbone.')
    encoder = MODELS.build(pooled_config(init_cfg=init_cfg))
    encoder.init_weights()
    assert_same(encoder.state_dict(), source.state_dict())
    with pytest.raises(ValueError, match='does not fit the model.*backbone.gcn.0.gcn'):
        MODELS.build(pooled_config('AAGCN', init_cfg=init_cfg)).init_weights()


@pytest.mark.parametrize('kwargs, message', [
    (dict(num_joints=25), r'STGCN cannot take an input .* = \(1, 2, 8, 25, 3\).*graph_cfg.layout'),
    (dict(in_channels=2), r'STGCN cannot take .*in_channels of the network agree with'),
    (dict(network=pooled_config()), r"feature maps \(N, M, D, T', V'\), but PooledGCN gives dict"),
])
def test_unfit_config_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        PooledGCN(**{'network': NETWORKS['ST-GCN'], 'num_joints': 17, 'num_frames': 8, **kwargs})
