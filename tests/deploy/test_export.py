"""Exported files in onnxruntime against PyTorch.

Outputs are of order 1 to 10. float32 sums of at most some hundred products, in another order and through
about ten layers, differ by about 1e-6 (seen: up to 3e-6); a wrong graph differs by 1e-2 and more.
"""
import sys

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from torch import nn

from hico_mm.deploy.contract import CLS_SCORE, FEATURE
from hico_mm.deploy.export import example, export_onnx, relative_deviation, run_model
from hico_mm.deploy.onnx_encoder import OnnxEncoder

onnx = pytest.importorskip('onnx')
onnxruntime = pytest.importorskip('onnxruntime')
ATOL = 2e-5


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / 'new/folder/model.onnx')


def sequences(num, sizes=(2, 8, 5, 3), seed=1):
    """Joints, of the last sequence with one person only."""
    joints = np.random.default_rng(seed).standard_normal((num, *sizes), np.float32)
    joints[-1, 1:] = 0
    return joints


def run_file(path, joints):
    """Run an exported file without any code of this project."""
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    (node, ) = session.get_inputs()
    (output, ) = session.run(None, {node.name: joints})
    return output


@pytest.mark.parametrize('head', [False, True])
@pytest.mark.parametrize('variant', ['paper', 'released'])
@pytest.mark.parametrize('s2s', ['S2SGRU', 'S2SLSTM', 'S2STransformer'])
def test_a_file_gives_what_the_model_gives(small, path, s2s, variant, head):
    model = small.build(head, variant=variant, s2s=dict(type=s2s))

    deviation = export_onnx(model, small.describe(CLS_SCORE if head else FEATURE), path)

    assert deviation < 2e-5
    for number in (1, 5):
        joints = sequences(number)
        expected = small.test_step(model, joints)
        assert expected.shape == (number, small.num_classes if head else 32)
        assert 0.1 < np.abs(expected).max() < 50
        np.testing.assert_allclose(run_file(path, joints), expected, rtol=0, atol=ATOL)
        np.testing.assert_array_equal(OnnxEncoder(path)(joints), run_file(path, joints))


@pytest.mark.parametrize('stream', ['bone', 'motion'])
@pytest.mark.parametrize('head', [False, True])
def test_streams_are_made_in_the_graph(small, path, stream, head):
    model = small.build(head, stream=stream)

    export_onnx(model, small.describe(CLS_SCORE if head else FEATURE, stream), path)

    joints = sequences(5)
    expected = small.test_step(model, joints)
    np.testing.assert_allclose(run_file(path, joints), expected, rtol=0, atol=ATOL)
    model.data_preprocessor.stream = 'joint'
    assert relative_deviation(small.test_step(model, joints), expected) > 0.01


@pytest.mark.parametrize('changes', [
    dict(branches='temporal'), dict(branches='spatial'),
    dict(s2s=dict(type='S2STransformer', num_layers=2, num_heads=2)),
    dict(s2s=dict(type='S2SGRU', num_layers=2)),
    dict(sizes=dict(num_persons=1, num_frames=9, num_joints=5, in_channels=2)),
], ids=str)
def test_other_encoders(small, path, changes):
    model = small.build(**changes)
    contract = small.describe(FEATURE, **changes.get('sizes', {}))

    export_onnx(model, contract, path)

    joints = sequences(3, contract.sizes)
    np.testing.assert_allclose(run_file(path, joints), small.test_step(model, joints), rtol=0,
                               atol=ATOL)


def test_backbones_of_mmaction_with_their_head(small, path):
    model = MODELS.build(dict(
        type='RecognizerGCN',
        cls_head=dict(type='GCNHead', num_classes=4, in_channels=8, average_clips='score'),
        backbone=dict(type='STGCN', graph_cfg=dict(layout='coco'), base_channels=8, num_stages=1),
        data_preprocessor=dict(type='SkeletonPreprocessor'))).eval()
    contract = small.describe(CLS_SCORE, num_joints=17)

    export_onnx(model, contract, path)

    joints = sequences(5, contract.sizes)
    np.testing.assert_allclose(run_file(path, joints), small.test_step(model, joints), rtol=0,
                               atol=ATOL)
    export_onnx(model, small.describe(FEATURE, num_joints=17), path)
    with torch.no_grad():
        maps = model.backbone(torch.from_numpy(joints))  # (N, M, D, T', V)
    np.testing.assert_allclose(run_file(path, joints), maps.mean((1, 3, 4)), rtol=0, atol=ATOL)
    with pytest.raises(ValueError, match=r'cannot take an input .* = \(1, 2, 8, 5, 3\): '):
        export_onnx(model, small.describe(CLS_SCORE, num_joints=5), path)


def test_pooled_networks_of_mmaction(small, path):
    model = MODELS.build(dict(
        type='MoCoRecognizer', queue=dict(length=6), contrast=dict(
            type='HierarchicalContrastLoss', weights=dict(domain=0, clip=0, part=0)),
        backbone=dict(type='PooledGCN', num_joints=17, num_frames=8, network=dict(
            type='STGCN', graph_cfg=dict(layout='coco'), base_channels=8, num_stages=1)))).eval()
    contract = small.describe(FEATURE, num_joints=17)

    export_onnx(model, contract, path)

    joints = sequences(5, contract.sizes)
    np.testing.assert_allclose(run_file(path, joints), small.test_step(model, joints), rtol=0,
                               atol=ATOL)


def test_metadata_and_free_batch_size(small, path):
    contract = small.describe(CLS_SCORE, layout='mine', classes=['a', 'b', 'c', 'd'])

    export_onnx(small.build(head=True), contract, path)

    proto = onnx.load(path)
    assert {entry.key: entry.value for entry in proto.metadata_props} == contract.to_metadata()
    axes = [axis.dim_param or axis.dim_value for axis in proto.graph.input[0].type.tensor_type.shape.dim]
    assert axes == ['N', 2, 8, 5, 3]
    assert (proto.graph.input[0].name, proto.graph.output[0].name) == ('keypoint', 'cls_score')


def test_the_model_stays_as_it_was(small, path):
    model = small.build()
    before, modules = small.test_step(model, sequences(2)), [type(module) for module in model.modules()]

    for enabled in (False, True):
        torch.backends.mha.set_fastpath_enabled(enabled)
        export_onnx(model, small.describe(FEATURE), path)
        assert torch.backends.mha.get_fastpath_enabled() is enabled

    assert [type(module) for module in model.modules()] == modules
    np.testing.assert_array_equal(small.test_step(model, sequences(2)), before)


class Function(nn.Module):
    """A recognizer whose feature is any function of the input (N, 1, M, T, V, C)."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.data_preprocessor = MODELS.build(dict(type='SkeletonPreprocessor'))

    def extract_feat(self, inputs):
        return dict(instance=self.function(inputs.flatten(1))), {}


def test_a_graph_that_deviates_is_not_written(small, path, tmp_path):
    with pytest.raises(ValueError, match=r'deviates from the model by 8\.0e-01 of the largest value'):
        export_onnx(Function(lambda x: x * len(x)), small.describe(FEATURE), path)
    assert not list(tmp_path.iterdir())


def test_an_operator_that_onnx_lacks(small, path, tmp_path):
    with pytest.raises(ValueError, match='something that ONNX .opset 17. cannot.*logcumsumexp'):
        export_onnx(Function(lambda x: x.logcumsumexp(1)), small.describe(FEATURE), path)
    assert not list(tmp_path.iterdir())


def test_data_that_the_model_refuses(small, path):
    with pytest.raises(ValueError, match='num_joints=5 but the data have 6'):
        export_onnx(small.build(), small.describe(FEATURE, num_joints=6), path)
    with pytest.raises(ValueError, match='has 5 joints, but the parent list .* has 3'):
        export_onnx(small.build(stream='bone', parents=(0, 0, 0)), small.describe(FEATURE), path)


@pytest.mark.parametrize('package', ['onnx', 'onnxruntime'])
def test_without_a_package(small, path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=f'{package} is not installed. Run: pip install onnx onnxrunt'):
        export_onnx(small.build(), small.describe(FEATURE), path)


def test_example_has_missing_persons(small):
    joints = example(small.describe(FEATURE), 3)
    assert joints.shape == (3, 2, 8, 5, 3) and joints.dtype == np.float32
    assert [[bool(person.any()) for person in sequence] for sequence in joints] == [
        [True, True], [True, False], [True, True]]


@pytest.mark.parametrize('head', [False, True])
def test_run_model_is_a_test_step(small, head):
    model = small.build(head, stream='motion')
    np.testing.assert_array_equal(
        run_model(model, CLS_SCORE if head else FEATURE, sequences(3)),
        small.test_step(model, sequences(3)))


def test_relative_deviation():
    assert relative_deviation(np.array([1.0, -3.0]), np.array([1.5, -4.0])) == 0.25
