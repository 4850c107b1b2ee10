import sys

import numpy as np
import pytest
from mmengine.dataset import Compose

from hico_mm.datasets import SyntheticSkeletonDataset
from hico_mm.deploy.contract import CLS_SCORE, FEATURE
from hico_mm.deploy.export import export_onnx
from hico_mm.deploy.onnx_encoder import OnnxEncoder

onnx = pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')


@pytest.fixture(scope='module')
def exported(small, tmp_path_factory):
    path = tmp_path_factory.mktemp('exported') / 'model.onnx'
    export_onnx(small.build(head=True), small.describe(CLS_SCORE, layout='mine'), path)
    return path


@pytest.fixture
def changed(exported, tmp_path):
    """Writes the exported file with other metadata."""
    def change(**metadata):
        proto = onnx.load(exported)
        onnx.helper.set_model_props(proto, {
            **{entry.key: entry.value for entry in proto.metadata_props}, **metadata})
        onnx.save(proto, tmp_path / 'changed.onnx')
        return tmp_path / 'changed.onnx'
    return change


def test_contract_and_repr(exported, small):
    encoder = OnnxEncoder(exported, num_joints=5)
    assert encoder.contract == small.describe(CLS_SCORE, layout='mine')
    assert repr(encoder) == (f"OnnxEncoder(path='{exported}', sizes=(2, 8, 5, 3), layout='mine', "
                             "stream='joint', output='cls_score')")


def test_memory_layout_and_threads_do_not_matter(exported):
    joints = np.random.default_rng(0).standard_normal((3, 2, 8, 5, 3), np.float32)
    expected = OnnxEncoder(exported)(joints)
    assert expected.shape == (3, 4) and expected.dtype == np.float32
    other_order = np.asfortranarray(joints)
    np.testing.assert_allclose(OnnxEncoder(exported, num_threads=1)(other_order), expected, atol=1e-6)


def test_pipeline_prepares_a_sequence(small, tmp_path):
    sizes = dict(num_persons=2, num_frames=8, num_joints=25, in_channels=3)
    pipeline = [dict(type='KeepActivePersons', num_person=2),
                dict(type='NormalizeSkeleton', layout='nturgb+d'),
                dict(type='CentralCropResize', clip_len=8, ratio=0.95),
                dict(type='FormatGCNInput', num_person=2),
                dict(type='PackActionInputs', meta_keys=('frame_dir', ))]
    model = small.build(sizes=sizes, parents='nturgb+d')
    export_onnx(model, small.describe(FEATURE, pipeline=pipeline, **sizes), tmp_path / 'model.onnx')
    dataset = SyntheticSkeletonDataset(num_sequences=2, pipeline=pipeline, test_mode=True)

    encoder = OnnxEncoder(tmp_path / 'model.onnx')
    keypoint = dataset.get_data_info(1)['keypoint']  # (M, T, V, C)
    sample = Compose(encoder.contract.pipeline)(
        dict(keypoint=keypoint, total_frames=keypoint.shape[1]))

    expected = small.test_step(model, dataset[1]['inputs'].numpy())
    np.testing.assert_allclose(encoder(sample['inputs'].numpy()), expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize('joints, message', [
    (np.zeros((1, 2, 8, 5, 3)), 'The input is float64, but a NumPy array of float32 is expected'),
    ([[1.0]], 'The input is list, but'),
    (np.zeros((2, 8, 5, 3), np.float32),
     r'has the shape \(2, 8, 5, 3\), but \(N, M, T, V, C\) = \(N, 2, 8, 5, 3\) with N of at least 1'),
    (np.zeros((0, 2, 8, 5, 3), np.float32), r'has the shape \(0, 2, 8, 5, 3\), but'),
    (np.zeros((1, 2, 8, 17, 3), np.float32), 'model.onnx: num_joints=5 but the data have 17. Prepare'),
    (np.zeros((1, 1, 9, 5, 2), np.float32),
     'num_persons=2 but the data have 1; num_frames=8 but the data have 9; in_channels=3 but the data '
     'have 2'),
    (np.full((1, 2, 8, 5, 3), np.nan, np.float32), 'values that are not finite'),
])
def test_wrong_input(exported, joints, message):
    with pytest.raises(ValueError, match=message):
        OnnxEncoder(exported)(joints)


def test_data_of_other_joints_are_refused_when_loading(exported):
    with pytest.raises(ValueError, match=r'is for 5 joints \(mine\), but num_joints=24 of the data. '
                                         r"Layouts with 24 joints are \['smpl'\].* target='mine'"):
        OnnxEncoder(exported, num_joints=24)


def test_joints_of_the_data_are_those_of_the_layout(changed):
    """The pipeline may map them to those that the graph takes."""
    path = changed(layout='h36m')
    assert OnnxEncoder(path, num_joints=17).contract.num_joints == 5
    with pytest.raises(ValueError, match=r'is for 17 joints \(h36m\), but num_joints=5 of the data'):
        OnnxEncoder(path, num_joints=5)


def test_metadata_that_do_not_fit_the_graph(changed):
    with pytest.raises(ValueError, match=r"takes \{'keypoint': \['N', 2, 8, 5, 3\]\}, but its metadata "
                                         r"say 'keypoint' with \(M, T, V, C\) = \[2, 8, 6, 3\]"):
        OnnxEncoder(changed(num_joints='6'))


def test_another_version(changed):
    with pytest.raises(ValueError, match='changed.onnx was exported by hico_mm 99.0.1, but this is'):
        OnnxEncoder(changed(hico_mm_version='99.0.1'))


def test_an_onnx_file_of_another_program(tmp_path):
    value = onnx.helper.make_tensor_value_info('x', onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node('Identity', ['x'], ['y'])], 'other', [value],
        [onnx.helper.make_tensor_value_info('y', onnx.TensorProto.FLOAT, [1])])
    onnx.save(onnx.helper.make_model(graph, ir_version=8, opset_imports=[
        onnx.helper.make_opsetid('', 17)]), tmp_path / 'other.onnx')
    with pytest.raises(ValueError, match='other.onnx was not exported by hico_mm'):
        OnnxEncoder(tmp_path / 'other.onnx')


def test_a_file_that_is_absent(tmp_path):
    with pytest.raises(FileNotFoundError, match='Exported model .*absent.onnx does not exist'):
        OnnxEncoder(tmp_path / 'absent.onnx')


@pytest.mark.parametrize('content', [b'', b'no model', bytes(range(256)) * 10])
def test_a_file_that_is_no_onnx_file(tmp_path, content):
    (tmp_path / 'broken.onnx').write_bytes(content)
    with pytest.raises(ValueError, match='broken.onnx is no ONNX file that onnxruntime .* can run'):
        OnnxEncoder(tmp_path / 'broken.onnx')


def test_a_truncated_file(exported, tmp_path):
    (tmp_path / 'part.onnx').write_bytes(exported.read_bytes()[:5000])
    with pytest.raises(ValueError, match='part.onnx is no ONNX file that onnxruntime .* can run'):
        OnnxEncoder(tmp_path / 'part.onnx')


def test_without_onnxruntime(exported, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ImportError, match='onnxruntime is not installed. Run: pip install'):
        OnnxEncoder(exported)
