import json

import numpy as np
import pytest
from mmengine.config import Config

from hico_mm.apis import SkeletonInferencer, onnx_model
from hico_mm.apis.onnx_export import export_onnx, load_for_export
from hico_mm.apis.onnx_model import CLS_SCORE, OnnxModel, OnnxSpec
from hico_mm.datasets.transforms import MapJoints

onnx = pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')


def test_recordings_are_prepared_as_by_the_inferencer(small, tmp_path, warnings):
    """Of another layout, in windows, with gaps; from a path, an array and a list of them."""
    model, spec = load_for_export(Config.fromfile(small.config), small.checkpoint)
    export_onnx(model, spec, tmp_path / 'model.onnx')
    exported = OnnxModel(tmp_path / 'model.onnx')
    smpl = MapJoints('nturgb+d', 'smpl')(dict(keypoint=small.sequences[0]['keypoint']))['keypoint']
    smpl[0, 7] = np.nan
    np.save(tmp_path / 'new.npy', smpl)
    options = dict(source='smpl', window=60, fill_gaps=1)
    expected = [x.feature for x in SkeletonInferencer(small.config, small.checkpoint, **options)(smpl)]
    for source, times in ((smpl, 1), (tmp_path / 'new.npy', 1), ([smpl, smpl], 2)):
        batch = exported.prepare(source, **options)
        assert batch.shape == (times * len(expected), 2, 16, 25, 3) and batch.dtype == np.float32
        np.testing.assert_allclose(exported(batch), expected * times, atol=1e-4)
    with pytest.raises(ValueError, match='skeletons have 24 joints, but 25'):
        exported.prepare(smpl, fill_gaps=1)
    with pytest.raises(ValueError, match='stride is 3, but without a window'):
        exported.prepare(smpl, stride=3)
    assert warnings == []
    for scale in (1000, -1, 1000):
        exported.prepare(scale * smpl[:, 8:], source='smpl')
    assert len(warnings) == 2 and 'metres' in warnings[0] and 'mirrored' in warnings[1]


@pytest.fixture
def spec(tiny):
    return tiny.describe(CLS_SCORE, layout='nturgb+d', stream='bone', classes=['sit', 'stand up'],
                         pipeline=[dict(type='CentralCropResize', clip_len=8, ratio=0.95)])


def test_metadata_are_readable_text(spec, tiny):
    metadata = dict(
        num_persons='2', num_frames='8', num_joints='5', in_channels='3', layout='nturgb+d',
        stream='bone', output='cls_score', classes='["sit", "stand up"]',
        pipeline='[{"type": "CentralCropResize", "clip_len": 8, "ratio": 0.95}]',
        hico_mm_version=onnx_model.__version__,
        input_meaning='joints (N, M, T, V, C) float32, normalised and cropped as by the pipeline; '
                      'bones and motion are made inside',
        output_meaning='class scores (N, classes), before the softmax')
    assert spec.to_metadata() == metadata
    assert OnnxSpec.from_metadata(metadata, 'model.onnx') == spec
    assert spec.sizes == (2, 8, 5, 3)
    # A class becomes its name.
    text = tiny.describe(CLS_SCORE, pipeline=[dict(type=dict)]).to_metadata()['pipeline']
    assert json.loads(text) == [dict(type='builtins.dict')]


@pytest.mark.parametrize('running, written, fits', [
    ('0.1.0', '0.1.9', True), ('0.1.0', '0.2.0', False), ('0.1.0', '1.1.0', False),
    ('0.10.0', '0.1.0', False)])
def test_versions(spec, monkeypatch, running, written, fits):
    metadata = dict(spec.to_metadata(), hico_mm_version=written)
    monkeypatch.setattr(onnx_model, '__version__', running)
    if fits:
        assert OnnxSpec.from_metadata(metadata, 'model.onnx').hico_mm_version == written
    else:
        with pytest.raises(ValueError, match=f'model.onnx was exported by hico_mm {written}, but this '
                                             f'is hico_mm {running}.*export_onnx.py'):
            OnnxSpec.from_metadata(metadata, 'model.onnx')


@pytest.mark.parametrize('changes, message', [
    (None, 'model.onnx was not exported by hico_mm: .* have nothing, but no hico_mm_version'),
    (dict(hico_mm_version=None), r"not exported by hico_mm: its metadata have \['classes', "),
    (dict(num_joints=None), r"incomplete or broken metadata \('num_joints'"),
    (dict(classes='["sit", "st'), r'incomplete or broken metadata \(.*column'),
])
def test_broken_metadata(spec, changes, message):
    metadata = {} if changes is None else {
        name: text for name, text in {**spec.to_metadata(), **changes}.items() if text is not None}
    with pytest.raises(ValueError, match=message):
        OnnxSpec.from_metadata(metadata, 'model.onnx')


@pytest.fixture(scope='module')
def exported(tiny, tmp_path_factory):
    path = tmp_path_factory.mktemp('exported') / 'model.onnx'
    export_onnx(tiny.build(head=True), tiny.describe(CLS_SCORE, layout='mine'), path)
    return path


@pytest.fixture(scope='module')
def model(exported):
    return OnnxModel(exported, num_joints=5)


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


def test_memory_layout_and_threads_do_not_matter(exported, model, tiny):
    assert model.spec == tiny.describe(CLS_SCORE, layout='mine')
    joints = np.random.default_rng(0).standard_normal((3, 2, 8, 5, 3), np.float32)
    expected = model(joints)
    assert expected.shape == (3, 4) and expected.dtype == np.float32
    other_order = np.asfortranarray(joints)
    np.testing.assert_allclose(OnnxModel(exported, num_threads=1)(other_order), expected, atol=1e-6)


@pytest.mark.parametrize('joints, message', [
    (np.zeros((1, 2, 8, 5, 3)), 'The input is float64, but a NumPy array of float32 is expected'),
    ([[1.0]], 'The input is list, but'),
    (np.zeros((2, 8, 5, 3), np.float32),
     r'shape \(2, 8, 5, 3\), but .* takes \(N, M, T, V, C\) = \(N, 2, 8, 5, 3\) with N of at least 1'),
    (np.zeros((0, 2, 8, 5, 3), np.float32), r'has the shape \(0, 2, 8, 5, 3\), but'),
    (np.zeros((1, 2, 8, 17, 3), np.float32), r'shape \(1, 2, 8, 17, 3\), but .*model.onnx takes'),
    (np.full((1, 2, 8, 5, 3), np.nan, np.float32), 'values that are not finite'),
])
def test_wrong_input(model, joints, message):
    with pytest.raises(ValueError, match=message):
        model(joints)


def test_data_of_other_joints_are_refused_when_loading(exported, changed):
    with pytest.raises(ValueError, match=r'is for 5 joints \(mine\), but num_joints=24 of the data. '
                                         r"Layouts with 24 joints are \['smpl'\].* target='mine'"):
        OnnxModel(exported, num_joints=24)
    path = changed(layout='h36m')  # whose joints the pipeline maps to those of the graph
    assert OnnxModel(path, num_joints=17).spec.num_joints == 5
    with pytest.raises(ValueError, match=r'is for 17 joints \(h36m\), but num_joints=5 of the data'):
        OnnxModel(path, num_joints=5)


def test_files_that_were_changed_are_absent_or_broken(exported, changed, tmp_path):
    with pytest.raises(ValueError, match=r"takes \{'keypoint': \['N', 2, 8, 5, 3\]\}, but its metadata "
                                         r"say 'keypoint' with \(M, T, V, C\) = \[2, 8, 6, 3\]"):
        OnnxModel(changed(num_joints='6'))
    with pytest.raises(FileNotFoundError, match='Exported model .*absent.onnx does not exist'):
        OnnxModel(tmp_path / 'absent.onnx')
    for content in (b'', b'no model', exported.read_bytes()[:5000]):
        (tmp_path / 'broken.onnx').write_bytes(content)
        with pytest.raises(ValueError, match='broken.onnx is no ONNX file that onnxruntime .* can run'):
            OnnxModel(tmp_path / 'broken.onnx')
