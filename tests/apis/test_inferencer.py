"""The inferencer agrees with the scripts, and with MMAction2's own function."""
import importlib
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.apis import inference_recognizer, init_recognizer
from mmengine.dataset import Compose

import hico_mm
from hico_mm.apis import SkeletonInferencer
from hico_mm.apis.inference import count_channels
from hico_mm.apis.results import write_results
from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.transforms import MapJoints


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


def test_scores_are_those_of_a_test(small, run_script, tmp_path):
    run_script('tools/test.py', small.task, small.task_checkpoint, '--dump', 'dump.pkl', cwd=tmp_path)
    dump = pickle.loads((tmp_path / 'dump.pkl').read_bytes())
    results = SkeletonInferencer(small.task, small.task_checkpoint)(small.ann, 'val')
    for result, sample in zip(results, dump, strict=True):
        np.testing.assert_array_equal(result.scores, sample['pred_score'].numpy())
        assert result.predicted == ['walk', 'wave', 'bow'][int(sample['pred_label'])]
        names, values = zip(*result.classes, strict=True)
        assert sorted(names) == ['bow', 'walk', 'wave'] and names[0] == result.predicted
        np.testing.assert_allclose(values, sorted(sample['pred_score'].softmax(0).tolist())[::-1])


STGCN = dict(type='STGCN', graph_cfg=dict(layout='nturgb+d', mode='stgcn_spatial'),
             base_channels=8, num_stages=1, inflate_stages=[], down_stages=[])


@pytest.mark.parametrize('name, network', [('config', None), ('task', None), ('task', STGCN)])
def test_mmaction2_agrees(small, changed, tmp_path, name, network):
    """MMAction2's function for one sequence, with our config and a dict of its joints."""
    cfg = changed({}, name)
    if network:
        cfg.model.cls_head = dict(type='GCNHead', num_classes=3, in_channels=8)
        cfg.model.backbone = network
    model = init_recognizer(cfg, device='cpu')
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'a.pth')
    annotation = small.sequences[3]
    sample = inference_recognizer(model, dict(annotation), Compose(cfg.evaluate_pipeline))
    result, = SkeletonInferencer(cfg, tmp_path / 'a.pth')(annotation)
    if name == 'config':
        np.testing.assert_allclose(result.feature, sample.feature.numpy(), atol=1e-6)
    else:
        np.testing.assert_allclose(result.scores, sample.pred_score.numpy(), atol=1e-6)
    if network:  # whose head gives probabilities, which are not normalised again
        assert result.feature.shape == (count_channels(model), ) == (8, )
        assert dict(result.classes)[result.predicted] == pytest.approx(float(sample.pred_score.max()))


def test_a_window_is_a_sequence_of_its_own(small, encoder, look):
    model = look(window=32, stride=20)
    keypoint = small.sequences[0]['keypoint'][:, :100].copy()
    keypoint[:, 40:72] = 0  # a window without anybody has no result
    results = model(keypoint)
    assert [(result.start, result.end) for result in results] == [(0, 32), (20, 52), (60, 92), (68, 100)]
    streamed = list(model.stream(iter(keypoint.swapaxes(0, 1)), 'camera'))
    for result, one in zip(results, streamed, strict=True):
        expected, = encoder(keypoint[:, result.start:result.end])
        np.testing.assert_allclose(result.feature, expected.feature, atol=1e-6)
        np.testing.assert_allclose(one.feature, expected.feature, atol=1e-6)
        assert (one.name, one.start, one.end) == ('camera', result.start, result.end)


def test_a_list_is_a_batch(small, encoder, look, tmp_path):
    arrays = [small.sequences[0]['keypoint'], small.sequences[1]['keypoint'][0, :50]]
    np.save(tmp_path / 'mine.npy', arrays[1])
    results = encoder([*arrays, tmp_path / 'mine.npy', small.sequences[2], small.ann])
    names = [sequence['frame_dir'] for sequence in small.sequences]
    assert [result.name for result in results] == ['array 0', 'array 1', 'mine', names[2], *names]
    assert results[-1].class_name == 'bow'  # by the config, whose own file it is
    for result, source in zip(results, [*arrays, arrays[1], small.sequences[2]], strict=False):
        np.testing.assert_allclose(result.feature, encoder(source)[0].feature, atol=1e-6)
    assert [len(result.neighbours) for result in look(small.ann, k=9)(small.sequences[:2])] == [8, 8]
    for tail, message in ((np.ones(3), 'The array 1 has the shape'), (3, 'A int is no recording')):
        with pytest.raises(ValueError, match=message):
            encoder([arrays[0], tail])


def test_gaps_are_filled(small, encoder, look):
    keypoint = small.sequences[0]['keypoint'][:, :70].copy()
    keypoint[:, 31], keypoint[:, 0] = (keypoint[:, 30] + keypoint[:, 32]) / 2, keypoint[:, 1]
    broken = keypoint.copy()
    broken[:, [0, 31]] = np.nan
    for given in (broken, [dict(small.sequences[0], keypoint=broken, total_frames=70)]):
        np.testing.assert_allclose(
            look(fill_gaps=1)(given)[0].feature, encoder(keypoint)[0].feature, atol=1e-5)
    model = look(fill_gaps=1, window=70)
    result, = model.stream(broken.swapaxes(0, 1))
    np.testing.assert_allclose(result.feature, encoder(keypoint)[0].feature, atol=1e-5)
    with pytest.raises(ValueError, match=r'NaN or infinite values.*\(--fill-gaps\)'):
        encoder(broken)


def test_a_stream_answers_while_it_runs(small, look):
    frames = iter(small.sequences[0]['keypoint'][0])
    assert next(look(window=32).stream(frames)).end == 32
    np.testing.assert_array_equal(next(frames), small.sequences[0]['keypoint'][0, 32])


def test_galleries_from_annotations_and_from_features(small, encoder, look, tmp_path):
    path = str(tmp_path / 'train.npz')
    write_results(encoder(small.ann, 'train'), path, encoder.fingerprint)
    query = small.sequences[4]['keypoint']  # in the split train, too
    first, = look(small.ann, gallery_split='train', k=3)(query)
    second, = look(path, k=3)(query)
    assert first.neighbours[0].name == small.sequences[4]['frame_dir']
    assert first.neighbours[0].similarity == pytest.approx(1, abs=1e-4)  # the file has half precision
    assert [x.name for x in first.neighbours] == [x.name for x in second.neighbours]
    assert len(first.neighbours) == 3 and first.predicted == second.predicted
    assert first.neighbours[0].class_name == second.neighbours[0].class_name == 'wave'
    write_results(encoder(query), path, 'another')
    with pytest.raises(ValueError, match='features of the encoder another, but this one is'):
        look(path)


def test_galleries_without_labels_with_own_classes_and_of_the_query_alone(small, look, write):
    query = small.sequences[2]
    unlabelled = [{key: annotation[key] for key in ('frame_dir', 'keypoint', 'total_frames')}
                  for annotation in small.sequences]
    result, = look(write(unlabelled))(query['keypoint'])
    assert result.neighbours[0].name == query['frame_dir']
    assert result.neighbours[0].class_name is None and result.predicted is None
    named = write([dict(annotation, class_name='hop') for annotation in small.sequences])
    assert look(named)(query)[0].predicted == 'hop' != look(named)(query)[0].class_name
    alone = write([query])
    result, = look(alone)(alone)
    assert result.neighbours == () and result.predicted is None
    assert result.describe() == f'{result.name} [0, {result.end})  (annotated: {result.class_name})'


def test_names_of_the_config_are_for_scores_and_its_own_file(small, other, tmp_path):
    result = SkeletonInferencer(small.task, small.task_checkpoint, small.ann)(other)[1]
    assert result.predicted in ('walk', 'wave', 'bow') and result.class_name == 'class 1'
    assert result.predicted == result.classes[0][0] and len(result.neighbours) == 5
    assert {neighbour.class_name for neighbour in result.neighbours} <= {'walk', 'wave', 'bow'}
    meta = dict(dataset_meta=dict(classes=['x', 'y', 'z']))
    torch.save(dict(torch.load(small.checkpoint), meta=meta), tmp_path / 'named.pth')
    result = SkeletonInferencer(small.config, tmp_path / 'named.pth', other)(other)[1]
    assert result.class_name == 'class 1'
    assert {x.class_name for x in result.neighbours} <= {'class 0', 'class 1', 'class 2'}


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


def test_a_sequence_is_not_its_own_neighbour(small, encoder, look, other, tmp_path):
    write_results(encoder(small.ann), str(tmp_path / 'own.npz'), encoder.fingerprint)
    (tmp_path / 'link.pkl').symlink_to(small.ann)
    for gallery in (small.ann, tmp_path / 'own.npz', tmp_path / 'link.pkl', other):
        for result in look(gallery, k=9, window=90)(small.ann, 'val'):
            names = [neighbour.name for neighbour in result.neighbours]
            assert len(names) == 8 and result.name not in names


@pytest.mark.parametrize('ending', ['pkl', 'npz'])
def test_another_sequence_of_the_same_name_is_a_neighbour(small, encoder, look, write, ending):
    """Files number their sequences anew: here each has the name of the one before."""
    names = [sequence['frame_dir'] for sequence in small.sequences]
    path = write([dict(sequence, frame_dir=name) for sequence, name in zip(
        small.sequences, [names[-1], *names], strict=False)])
    write_results(encoder(path), str(path.with_suffix('.npz')), encoder.fingerprint)
    for result in look(path.with_suffix(f'.{ending}'), k=9)(small.ann):
        found = [neighbour.name for neighbour in result.neighbours]
        assert found[0] == names[names.index(result.name) - 1] and sorted(found) == names
        assert result.neighbours[0].similarity == pytest.approx(1)


def test_joints_of_another_layout(small, encoder, look, write):
    smpl = MapJoints('nturgb+d', 'smpl')(dict(keypoint=small.sequences[0]['keypoint']))['keypoint']
    back = MapJoints('smpl', 'nturgb+d')(dict(keypoint=smpl))['keypoint']
    expected = encoder(back)[0].feature
    np.testing.assert_array_equal(look(source='smpl')(smpl)[0].feature, expected)
    millimetres = look(source='smpl', scale=0.001)(1000 * smpl)[0].feature
    np.testing.assert_allclose(millimetres, expected, atol=1e-4)
    path = write([dict(small.sequences[0], keypoint=smpl)])  # a gallery is in the encoder's layout
    with pytest.raises(ValueError, match="Gallery sequence 'val_000000': .* of tools/data/npy.py"):
        look(path, source='smpl')


def test_axes_in_another_order(small, encoder, look):
    keypoint = small.sequences[0]['keypoint']
    for result in look(order='CTVM')([keypoint.transpose(3, 1, 2, 0)]):
        np.testing.assert_array_equal(result.feature, encoder(keypoint)[0].feature)
    with pytest.raises(ValueError, match="order such as 'TMVC'; the frames of a stream are"):
        next(look(order='TMVC', window=4).stream([]))


@pytest.mark.parametrize('arguments, message', [
    (dict(k=0), 'k is 0, but at least 1'),
    (dict(window=0), 'window is 0, but at least 1'),
    (dict(window=4, stride=0), 'stride is 0, but at least 1'),
    (dict(stride=2), 'stride is 2, but without a window'),
    (dict(gallery='features.npz', gallery_split='train'), 'features.npz holds features, which'),
    (dict(device='gpu'), "device='gpu' cannot be used: .* Give 'cpu'"),
    (dict(device='cuda:77'), "device='cuda:77' cannot be used: .* Give 'cpu'"),
])
def test_settings(look, arguments, message):
    with pytest.raises(ValueError, match=message):
        look(**arguments)


def test_bad_input(small, encoder, look):
    keypoint = small.sequences[0]['keypoint']
    with pytest.raises(ValueError, match="Recording 'array': the skeletons have 17 joints.*'h36m'"):
        encoder(keypoint[:, :, :17])
    with pytest.raises(ValueError, match='A stream is cut into windows, but window is None'):
        next(encoder.stream([]))
    windowed = look(window=64)
    broken = keypoint[0].copy()
    broken[70] = np.nan
    stream = windowed.stream(broken)
    assert next(stream).end == 64
    with pytest.raises(ValueError, match='stream, frames 32 to 95: the keypoint has NaN'):
        next(stream)
    for frame, message in ((np.ones((17, 3)), 'stream, frame 0: the skeletons have 17 joints, but 25'),
                           (np.ones((2, 25, 2)), 'frame 0: .* 2 coordinates per joint, .* A 3-D pose')):
        frames = iter([frame] * 9)
        with pytest.raises(ValueError, match=message):
            next(windowed.stream(frames))
        assert len(list(frames)) == 8  # it is told at the first one


def test_each_kind_of_doubt_is_told_once_and_of_the_recordings_it_is_about(small, look, warnings):
    good, other = (sequence['keypoint'] for sequence in small.sequences[:2])
    frames = np.concatenate([good[0, :64], 1000 * good[0, :128]])
    list(look(window=64, stride=64).stream(frames, 'camera'))
    height = 'A body measures about'
    assert len(warnings) == 1 and warnings[0].startswith(f'camera, frames 64 to 127: {height}')
    warnings.clear()
    model, image = look(), (good - good.min((0, 1, 2))) / np.ptp(good, (0, 1, 2))
    model(good)
    assert warnings == []
    for _ in range(2):
        model([good, 1000 * other, other, 1e6 * good])
        model(good * np.float32([-1, 1, 1]))
        model(image)
    first, second, third = warnings
    assert first.startswith(f"Recording 'array 1' and 1 more: {height} 1.") and 'e+03 metres' in first
    assert second.startswith("Recording 'array': The bodies look mirrored")
    assert third.startswith("Recording 'array': x and y, or a third number, lie between 0 and 1")


def test_importing_the_package_does_not_import_it(monkeypatch):
    monkeypatch.setitem(sys.modules, 'hico_mm.apis', None)  # an import would fail
    monkeypatch.delattr(hico_mm, 'apis')
    importlib.reload(hico_mm)
    for room in ('datasets', 'models', 'engine', 'evaluation', 'utils'):
        for path in (Path(hico_mm.__file__).parent / room).rglob('*.py'):
            assert 'hico_mm.apis' not in path.read_text(), path
