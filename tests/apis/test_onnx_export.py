"""Exported files in onnxruntime against PyTorch.

Outputs are of order 1 to 10. float32 sums of at most some hundred products, in another order and through
about ten layers, differ by about 1e-6 (seen: up to 3e-6); a wrong graph differs by 1e-2 and more.
"""
import copy
import sys

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from torch import nn

from hico_mm.apis.onnx_export import export_onnx, load_for_export
from hico_mm.apis.onnx_model import CLS_SCORE, FEATURE, OnnxModel
from hico_mm.benchmark.smoke import shrink
from hico_mm.utils import load_config

onnx = pytest.importorskip('onnx')
onnxruntime = pytest.importorskip('onnxruntime')
ATOL = 2e-5
STGCN = dict(type='STGCN', graph_cfg=dict(layout='coco'), base_channels=8, num_stages=1)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / 'new/folder/model.onnx')


def sequences(num, sizes=(2, 8, 5, 3)):
    """Joints, of the last sequence with one person only."""
    joints = np.random.default_rng(1).standard_normal((num, *sizes), np.float32)
    joints[-1, 1:] = 0
    return joints


def run_file(path, joints):
    """Run an exported file without any code of this project."""
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    (output, ) = session.run(None, {'keypoint': joints})
    return output


@pytest.mark.parametrize('head, stream, encoder', [
    (True, 'joint', dict(s2s=dict(type='S2SGRU'))),
    (True, 'motion', dict(s2s=dict(type='S2SLSTM'), variant='released')),
    (True, 'joint', dict(s2s=dict(type='S2STransformer'), branches='temporal')),
    (False, 'bone', dict(s2s=dict(type='S2STransformer', num_layers=2, num_heads=2),
                         variant='released')),
    (False, 'joint', dict(branches='spatial', s2s=dict(type='S2SGRU', num_layers=2), sizes=dict(
        num_persons=1, num_frames=9, num_joints=5, in_channels=2))),
], ids=str)
def test_a_file_gives_what_the_model_gives(tiny, path, head, stream, encoder):
    model = tiny.build(head, stream, **encoder)
    spec = tiny.describe(CLS_SCORE if head else FEATURE, stream, layout='mine', classes=['a', 'b'],
                         **encoder.get('sizes', {}))
    before, modules = copy.deepcopy(model.state_dict()), [type(module) for module in model.modules()]

    assert export_onnx(model, spec, path) < 2e-5

    for number in (1, 5):
        joints = sequences(number, spec.sizes)
        expected = tiny.test_step(model, joints)
        assert 0.1 < np.abs(expected).max() < 50
        np.testing.assert_allclose(run_file(path, joints), expected, rtol=0, atol=ATOL)
    np.testing.assert_array_equal(OnnxModel(path)(joints), run_file(path, joints))
    # The model stays as it was.
    assert [type(module) for module in model.modules()] == modules
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    if stream != 'joint':
        model.data_preprocessor.stream = 'joint'
        assert np.abs(tiny.test_step(model, joints) - expected).max() > 0.01 * np.abs(expected).max()
    proto = onnx.load(path)
    assert {entry.key: entry.value for entry in proto.metadata_props} == spec.to_metadata()
    axes = [axis.dim_param or axis.dim_value for axis in proto.graph.input[0].type.tensor_type.shape.dim]
    assert axes == ['N', *spec.sizes]
    assert (proto.graph.input[0].name, proto.graph.output[0].name) == ('keypoint', spec.output)


def test_networks_of_mmaction2_with_their_head_and_pooled(tiny, path):
    joints = sequences(5, (2, 8, 17, 3))
    model = MODELS.build(dict(
        type='RecognizerGCN', backbone=STGCN, data_preprocessor=dict(type='SkeletonPreprocessor'),
        cls_head=dict(type='GCNHead', num_classes=4, in_channels=8, average_clips='score'))).eval()
    export_onnx(model, tiny.describe(CLS_SCORE, num_joints=17), path)
    np.testing.assert_allclose(run_file(path, joints), tiny.test_step(model, joints), rtol=0, atol=ATOL)
    export_onnx(model, tiny.describe(FEATURE, num_joints=17), path)
    with torch.no_grad():
        maps = model.backbone(torch.from_numpy(joints))  # (N, M, D, T', V')
    np.testing.assert_allclose(run_file(path, joints), maps.mean((1, 3, 4)), rtol=0, atol=ATOL)
    with pytest.raises(ValueError, match=r'cannot take an input .* = \(1, 2, 8, 5, 3\): '):
        export_onnx(model, tiny.describe(CLS_SCORE, num_joints=5), path)
    model = MODELS.build(dict(
        type='MoCoRecognizer', queue=dict(length=6), contrast=tiny.levels,
        backbone=dict(type='PooledGCN', num_joints=17, num_frames=8, network=STGCN))).eval()
    export_onnx(model, tiny.describe(FEATURE, num_joints=17), path)
    np.testing.assert_allclose(run_file(path, joints), tiny.test_step(model, joints), rtol=0, atol=ATOL)


@pytest.mark.parametrize('method', ['skeletonclr', 'crossclr', 'aimclr', 'isc', 'ascal', 'hcn'])
def test_every_method(tiny, path, method):
    cfg = shrink(load_config(f'{method}_demo' if method != 'hcn' else 'isc_demo'))
    if method == 'hcn':
        cfg.model.backbone.encoders.sequence = dict(type='HCN', base_channels=4)
    model, spec = load_for_export(cfg, 'none')
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    export_onnx(model, spec, path)
    joints = sequences(5, spec.sizes)
    expected = tiny.test_step(model, joints)
    np.testing.assert_allclose(run_file(path, joints), expected, rtol=0,
                               atol=1e-5 * np.abs(expected).max())


class Function(nn.Module):
    """A recognizer whose feature is any function of the input (N, 1, M, T, V, C)."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.data_preprocessor = MODELS.build(dict(type='SkeletonPreprocessor'))

    def extract_feat(self, inputs):
        return dict(instance=self.function(inputs.flatten(1))), {}


@pytest.mark.parametrize('function, message', [
    (lambda x: x * len(x), r'deviates from the model by 8\.0e-01 of the largest value'),
    (lambda x: x.logcumsumexp(1), 'an operator that ONNX .opset 17. lacks.*logcumsumexp')])
def test_a_model_that_cannot_be_exported_is_not_written(tiny, path, tmp_path, function, message):
    with pytest.raises(ValueError, match=message):
        export_onnx(Function(function), tiny.describe(FEATURE), path)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_is_told_before(tiny, path, monkeypatch):
    with pytest.raises(ValueError, match='num_joints=5 but the data have 6'):
        export_onnx(tiny.build(), tiny.describe(FEATURE, num_joints=6), path)
    with pytest.raises(ValueError, match='has 5 joints, but the parent list .* has 3'):
        export_onnx(tiny.build(stream='bone', parents=(0, 0, 0)), tiny.describe(FEATURE), path)
    for package in ('onnxruntime', 'onnx'):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ImportError, match=f'^{package} cannot be imported: .* Run: pip inst'):
            export_onnx(tiny.build(), tiny.describe(FEATURE), path)


@pytest.mark.parametrize('name, checkpoint, with_head, output', [
    ('config', 'checkpoint', True, FEATURE), ('task', 'task_checkpoint', True, CLS_SCORE),
    ('task', 'task_checkpoint', False, FEATURE), ('config', 'none', True, FEATURE)])
def test_what_config_and_checkpoint_say(small, tiny, name, checkpoint, with_head, output):
    cfg = Config.fromfile(getattr(small, name))
    model, spec = load_for_export(cfg, getattr(small, checkpoint, checkpoint), with_head)
    assert spec == tiny.describe(
        output, num_frames=16, num_joints=25, layout='nturgb+d', pipeline=cfg.evaluate_pipeline,
        classes=['walk', 'wave', 'bow'] if output == CLS_SCORE else [])
    trained = torch.load(small.checkpoint)['state_dict']
    same = [torch.equal(tensor, trained[name]) for name, tensor in model.state_dict().items()
            if name.startswith('backbone.')]
    assert all(same) is (checkpoint != 'none') and not model.training


def test_layout_and_stream_and_sizes_that_the_backbone_does_not_know(changed):
    pipeline = [dict(type='NormalizeSkeleton', center=1, zaxis=(0, 1), xaxis=(8, 4))]
    cfg = changed({'model.data_preprocessor.stream': 'motion',
                   'test_dataloader.dataset.pipeline': pipeline})
    spec = load_for_export(cfg, 'none')[1]
    assert (spec.layout, spec.num_joints, spec.pipeline, spec.stream) == ('', 25, pipeline, 'motion')
    cfg = changed({'model.cls_head': dict(type='GCNHead', num_classes=3, in_channels=8)}, 'task')
    cfg.model.backbone = STGCN
    with pytest.raises(ValueError, match='STGCN does not know .* --sizes 2 64 25 3'):
        load_for_export(cfg, 'none', with_head=False)
    spec = load_for_export(cfg, 'none', with_head=False, sizes=[1, 30, 17, 3])[1]
    assert spec.sizes == (1, 30, 17, 3)
