"""The inferencer agrees with the scripts, and with MMAction2's own function."""
import importlib
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.apis import inference_recognizer, init_recognizer
from mmengine.config import Config
from mmengine.dataset import Compose

import hico_mm
from hico_mm.apis import SkeletonInferencer
from hico_mm.apis.results import write_results
from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.transforms import MapJoints


@pytest.fixture(scope='module')
def classifier(small):
    return SkeletonInferencer(small.task, small.task_checkpoint)


@pytest.fixture(scope='module')
def other(small):
    """The same sequences in another file, whose labels mean other classes."""
    write_annotation_file(str(small.folder / 'other.pkl'), dict(train=small.sequences))
    return str(small.folder / 'other.pkl')


@pytest.fixture
def write(tmp_path):
    """Writes an annotation file."""
    def write(sequences):
        write_annotation_file(str(tmp_path / 'ann.pkl'), dict(train=sequences))
        return tmp_path / 'ann.pkl'

    return write


def test_features_are_those_of_the_script(small, encoder, run_script, tmp_path):
    run_script('tools/analysis/extract_features.py', small.config, small.checkpoint, '--split', 'val',
               '--out', 'val.npz', cwd=tmp_path)
    expected = np.load(tmp_path / 'val.npz')
    results = encoder(small.ann, 'val')
    np.testing.assert_array_equal([result.feature for result in results], expected['feature'])
    assert [result.name for result in results] == expected['frame_dir'].tolist()
    assert [result.label for result in results] == expected['label'].tolist()
    assert [result.class_name for result in results] == ['walk', 'wave', 'bow'] * 2
    assert expected['class_name'].tolist() == ['walk', 'wave', 'bow'] * 2
    assert encoder.fingerprint == expected['encoder']
    assert all(result.scores is None and result.neighbours is None for result in results)


def test_scores_are_those_of_a_test(small, classifier, run_script, tmp_path):
    run_script('tools/test.py', small.task, small.task_checkpoint, '--dump', 'dump.pkl', cwd=tmp_path)
    dump = pickle.loads((tmp_path / 'dump.pkl').read_bytes())
    results = classifier(small.ann, 'val')
    for result, sample in zip(results, dump, strict=True):
        np.testing.assert_array_equal(result.scores, sample['pred_score'].numpy())
        assert result.predicted == ['walk', 'wave', 'bow'][int(sample['pred_label'])]
        names, values = zip(*result.classes, strict=True)
        assert sorted(names) == ['bow', 'walk', 'wave'] and names[0] == result.predicted
        np.testing.assert_allclose(values, sorted(sample['pred_score'].softmax(0).tolist())[::-1])


@pytest.mark.parametrize('name', ['config', 'task'])
def test_mmaction2_agrees(small, encoder, classifier, name):
    """MMAction2's function for one sequence, with our config and a dict of its joints."""
    checkpoint = dict(config=small.checkpoint, task=small.task_checkpoint)[name]
    cfg = Config.fromfile(getattr(small, name))
    model = init_recognizer(cfg, checkpoint, device='cpu')
    for annotation in small.sequences[3:5]:
        sample = inference_recognizer(model, dict(annotation), Compose(cfg.evaluate_pipeline))
        result, = (encoder if name == 'config' else classifier)(annotation)
        if name == 'config':
            np.testing.assert_allclose(result.feature, sample.feature.numpy(), atol=1e-6)
        else:
            np.testing.assert_allclose(result.scores, sample.pred_score.numpy(), atol=1e-6)


def test_a_network_of_mmaction2(small, changed):
    cfg = changed({}, 'task')
    cfg.model.cls_head = dict(type='GCNHead', num_classes=3, in_channels=8)
    cfg.model.backbone = dict(type='STGCN', graph_cfg=dict(layout='nturgb+d', mode='stgcn_spatial'),
                              base_channels=8, num_stages=1, inflate_stages=[], down_stages=[])
    torch.manual_seed(0)
    model = init_recognizer(cfg, device='cpu')
    path = str(small.folder / 'stgcn.pth')
    torch.save(dict(state_dict=model.state_dict()), path)
    ours = SkeletonInferencer(cfg, path)
    result, = ours(small.sequences[0])
    sample = inference_recognizer(model, dict(small.sequences[0]), Compose(cfg.evaluate_pipeline))
    np.testing.assert_allclose(result.scores, sample.pred_score.numpy(), atol=1e-6)
    assert result.feature.shape == (8, )
    # Its head gives probabilities, which are not normalised again.
    assert dict(result.classes)[result.predicted] == pytest.approx(float(sample.pred_score.max()))


def test_every_form_of_a_recording_gives_the_same(small, encoder, tmp_path):
    keypoint = small.sequences[0]['keypoint'][:1]
    np.save(tmp_path / 'one.npy', keypoint[0])
    expected = encoder(keypoint)[0].feature
    path = tmp_path / 'one.npy'
    for source in (keypoint[0], path, str(path), dict(keypoint=keypoint)):
        np.testing.assert_array_equal(encoder(source)[0].feature, expected)


def test_a_window_is_a_sequence_of_its_own(small, encoder, look):
    model = look(window=32, stride=20)
    keypoint = small.sequences[0]['keypoint'][:, :80]
    results = model(keypoint)
    assert [(result.start, result.end) for result in results] == [(0, 32), (20, 52), (40, 72), (48, 80)]
    streamed = list(model.stream(iter(keypoint.swapaxes(0, 1)), 'camera'))
    for result, one in zip(results, streamed, strict=True):
        expected, = encoder(keypoint[:, result.start:result.end])
        np.testing.assert_allclose(result.feature, expected.feature, atol=1e-6)
        np.testing.assert_allclose(one.feature, expected.feature, atol=1e-6)
        assert (one.name, one.start, one.end) == ('camera', result.start, result.end)


def test_a_window_without_anybody_has_no_result(small, look):
    model = look(window=32, stride=32)
    keypoint = small.sequences[0]['keypoint'][:, :96].copy()
    keypoint[:, 32:64] = 0
    for results in (model(keypoint), model.stream(keypoint.swapaxes(0, 1))):
        assert [result.start for result in results] == [0, 64]


def test_a_stream_answers_while_it_runs(small, look):
    frames = iter(small.sequences[0]['keypoint'][0])
    assert next(look(window=32).stream(frames)).end == 32
    np.testing.assert_array_equal(next(frames), small.sequences[0]['keypoint'][0, 32])


def test_galleries_from_annotations_and_from_features(small, encoder, look, tmp_path):
    by_annotations = look(small.ann, gallery_split='train', k=3)
    write_results(encoder(small.ann, 'train'), str(tmp_path / 'train.npz'), encoder.fingerprint)
    by_features = look(tmp_path / 'train.npz', k=3)
    query = small.sequences[4]['keypoint']  # in the split train, too
    first, second = by_annotations(query)[0], by_features(query)[0]
    assert first.neighbours[0].name == small.sequences[4]['frame_dir']
    assert first.neighbours[0].similarity == pytest.approx(1, abs=1e-4)  # the file has half precision
    assert [x.name for x in first.neighbours] == [x.name for x in second.neighbours]
    assert len(first.neighbours) == 3 and first.predicted == second.predicted
    assert first.neighbours[0].class_name == second.neighbours[0].class_name == 'wave'
    write_results(encoder(small.ann), str(tmp_path / 'a.npz'), 'another')
    with pytest.raises(ValueError, match='features of the encoder another, but this one is'):
        look(tmp_path / 'a.npz')


def test_a_gallery_without_labels(small, look, write):
    unlabelled = [{key: annotation[key] for key in ('frame_dir', 'keypoint', 'total_frames')}
                  for annotation in small.sequences]
    result, = look(write(unlabelled))(small.sequences[2])
    assert result.neighbours[0].name == small.sequences[2]['frame_dir']
    assert result.neighbours[0].class_name is None and result.predicted is None


def test_labels_of_another_file_have_no_names_of_the_config(small, look, other, tmp_path):
    state = torch.load(small.checkpoint)
    named = tmp_path / 'named.pth'
    torch.save(dict(state, meta=dict(dataset_meta=dict(classes=['x', 'y', 'z']))), named)
    for model in (look(other), SkeletonInferencer(small.config, named, other)):
        result = model(other)[1]
        assert result.class_name == 'class 1'
        assert {x.class_name for x in result.neighbours} <= {'class 0', 'class 1', 'class 2'}


def test_names_of_the_config_for_scores_and_for_its_own_file(small, other):
    result = SkeletonInferencer(small.task, small.task_checkpoint, small.ann)(other)[1]
    assert result.predicted in ('walk', 'wave', 'bow') and result.class_name == 'class 1'
    assert result.predicted == result.classes[0][0] and len(result.neighbours) == 5
    assert {neighbour.class_name for neighbour in result.neighbours} <= {'walk', 'wave', 'bow'}


def test_the_config_finds_its_own_file_from_its_data_root(small, changed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_annotation_file('data/own.pkl', dict(val=small.sequences[:1]))
    write_annotation_file('own.pkl', dict(val=small.sequences[:1]))
    cfg = changed({'test_dataloader.dataset.ann_file': 'own.pkl',
                   'test_dataloader.dataset.data_root': 'data'})
    model = SkeletonInferencer(cfg, small.checkpoint)
    for source, name in (('data/own.pkl', 'walk'), (tmp_path / 'data/own.pkl', 'walk'),
                         ('own.pkl', 'class 0'), (small.sequences[0], 'class 0')):
        assert model(source)[0].class_name == name


def test_a_file_may_name_its_classes_itself(small, look, write):
    path = write([dict(annotation, class_name='hop') for annotation in small.sequences])
    assert look(path)(small.sequences[0])[0].predicted == 'hop'


def test_a_sequence_is_not_its_own_neighbour(small, encoder, look, other, tmp_path):
    write_results(encoder(small.ann), str(tmp_path / 'own.npz'), encoder.fingerprint)
    for gallery, is_same in ((small.ann, True), (tmp_path / 'own.npz', True), (other, False)):
        for result in look(gallery, k=9)(small.ann, 'val'):
            names = [neighbour.name for neighbour in result.neighbours]
            assert len(names) == 9 - is_same and (result.name in names) is not is_same


def test_a_query_that_is_all_of_the_gallery_has_no_neighbour(small, look, write):
    path = write(small.sequences[:1])
    result, = look(path)(path)
    assert result.neighbours == () and result.predicted is None
    assert result.describe() == f'{result.name} [0, {result.end})  (annotated: {result.class_name})'


def test_joints_of_another_layout(small, encoder, look):
    smpl = MapJoints('nturgb+d', 'smpl')(dict(keypoint=small.sequences[0]['keypoint']))['keypoint']
    back = MapJoints('smpl', 'nturgb+d')(dict(keypoint=smpl))['keypoint']
    expected = encoder(back)[0].feature
    np.testing.assert_array_equal(look(source='smpl')(smpl)[0].feature, expected)
    millimetres = look(source='smpl', scale=0.001)(1000 * smpl)[0].feature
    np.testing.assert_allclose(millimetres, expected, atol=1e-4)


@pytest.mark.parametrize('arguments, message', [
    (dict(k=0), 'k is 0, but at least 1'),
    (dict(window=0), 'window is 0'),
    (dict(stride=3), 'stride is 3, but without a window'),
    (dict(gallery='features.npz', gallery_split='train'), 'features.npz holds features, which'),
    (dict(scale=2.), 'Give the layout of the recordings as source'),
    (dict(device='gpu'), "device='gpu' cannot be used: .* Give 'cpu'"),
    (dict(device='cuda:77'), "device='cuda:77' cannot be used: .* Give 'cpu'"),
])
def test_settings(look, arguments, message):
    with pytest.raises(ValueError, match=message):
        look(**arguments)


def test_a_gallery_of_other_joints(small, look, write):
    path = write([{**annotation, 'keypoint': annotation['keypoint'][:, :, :17]}
                  for annotation in small.sequences])
    with pytest.raises(ValueError, match="Gallery sequence 'val_000000': .* of tools/data/npy.py"):
        look(path, source='h36m')


def test_bad_input(small, encoder, look):
    keypoint = small.sequences[0]['keypoint']
    with pytest.raises(ValueError, match="Recording 'array': the skeletons have 17 joints.*'h36m'"):
        encoder(keypoint[:, :, :17])
    with pytest.raises(ValueError, match='A stream is cut into windows, but window is None'):
        next(encoder.stream([]))
    windowed = look(window=64)
    with pytest.raises(ValueError, match="Recording 'array' has 40 frames, fewer than a window of 64"):
        windowed(keypoint[:, :40])
    broken = keypoint[0].copy()
    broken[70] = np.nan
    stream = windowed.stream(broken)
    assert next(stream).end == 64
    with pytest.raises(ValueError, match='stream, frames 32 to 95: the keypoint has NaN'):
        next(stream)


def test_a_doubtful_recording_is_warned_of(small, look, warnings):
    keypoint = 1000 * small.sequences[0]['keypoint']
    list(look(window=64).stream(keypoint.swapaxes(0, 1), 'camera'))
    look()(keypoint)
    start = ': A body measures about'
    assert [text[:text.index(start)] for text in warnings] == [
        'camera, frames 0 to 63', "Recording 'array'"]


def test_unfit_joints_are_told_at_the_first_frame(small, look):
    stream = look(window=64).stream
    for frame, message in ((np.ones((17, 3)), 'stream, frame 0: the skeletons have 17 joints, but the'),
                           (np.ones((2, 25, 2)), 'frame 0: .* 2 coordinates per joint, .* A 3-D pose')):
        frames = iter([frame] * 9)
        with pytest.raises(ValueError, match=message):
            next(stream(frames))
        assert len(list(frames)) == 8
    with pytest.raises(ValueError, match='stream, frame 0 is an array of float64 of the shape'):
        next(stream([np.ones(3)]))
    empty = [np.zeros((25, 3))] * 70  # nobody is there yet
    person = small.sequences[0]['keypoint'][0, :64]
    assert next(stream([*empty, *person])).start == 32


def test_importing_the_package_does_not_import_it(monkeypatch):
    monkeypatch.setitem(sys.modules, 'hico_mm.apis', None)  # an import would fail
    monkeypatch.delattr(hico_mm, 'apis')
    importlib.reload(hico_mm)
    for room in ('datasets', 'models', 'engine', 'evaluation', 'utils'):
        for path in (Path(hico_mm.__file__).parent / room).rglob('*.py'):
            assert 'hico_mm.apis' not in path.read_text(), path
