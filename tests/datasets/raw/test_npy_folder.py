import numpy as np
import pytest

from hico_mm.datasets.layouts import get_layout
from hico_mm.datasets.raw.npy_folder import read_sequences, split_by_class, with_persons
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.datasets.transforms import MapJoints

H36M = MapJoints('nturgb+d', 'h36m')(
    dict(keypoint=make_sequences(1)[0]['keypoint'].astype(np.float32)[:1, :20]))['keypoint']


@pytest.fixture
def save(tmp_path):
    def save_array(name, array=H36M):
        path = tmp_path / f'{name}.npy'
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, array)
        return path

    return save_array


def test_classes_are_numbered_by_name(tmp_path, save, told):
    save('walk/b')
    save('bow/z', np.concatenate([H36M, H36M]))
    save('walk/a', H36M[0])
    save('.hidden/c')
    (tmp_path / 'walk/a.npy').rename(tmp_path / 'walk/a.NPY')
    for path in ('walk/notes.txt', 'walk/x/deep.npy', '__MACOSX/b.npy', 'bow/c.npz', 'bow/d.npz'):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / 'walk/gone.npy').symlink_to('nowhere')
    (tmp_path / 'wave').mkdir()
    annotations, classes = read_sequences(tmp_path)
    assert classes == ['bow', 'walk']
    assert told == [
        f'{tmp_path}: left out 2 in other folders than that of a class (__MACOSX/b.npy, ...); 3 no .npy '
        '(bow/c.npz, ...); 1 links to nothing (walk/gone.npy).',
        f"{tmp_path}: the folders ['__MACOSX', 'wave'] have no .npy files, so they are no classes."]
    keypoints = [annotation.pop('keypoint') for annotation in annotations]
    assert annotations == [
        dict(frame_dir=f'{name}/{file}', label=label, class_name=name, total_frames=20)
        for name, file, label in (('bow', 'z', 0), ('walk', 'a', 1), ('walk', 'b', 1))]
    assert keypoints[0].shape == (2, 20, 17, 3)
    np.testing.assert_array_equal(keypoints[1], H36M)


def test_without_folders_there_are_no_labels(tmp_path, save, told):
    save('b')
    save('a')
    (tmp_path / 'wave').mkdir()
    annotations, classes = read_sequences(tmp_path)
    assert classes == [] and told == []
    assert [(x.pop('frame_dir'), sorted(x)) for x in annotations] == [
        (name, ['keypoint', 'total_frames']) for name in 'ab']


def test_sequences_are_mapped_and_doubts_are_told(tmp_path, save, told):
    path, layout = save('walk/a'), get_layout('h36m')
    mapping = MapJoints('h36m', 'nturgb+d')
    (walk, ), _ = read_sequences(tmp_path, layout, mapping)
    np.testing.assert_array_equal(walk['keypoint'], mapping(dict(keypoint=H36M))['keypoint'])
    assert told == []
    np.save(path, 1000 * H36M * (-1, 1, 1))
    read_sequences(tmp_path, layout, MapJoints('h36m', 'coco', scale=0.001))
    assert len(told) == 1 and 'look mirrored' in told[0]
    read_sequences(tmp_path, layout, MapJoints('h36m', 'coco', axes=('left', 'down', 'away')))
    assert len(told) == 2 and 'metres' in told[1]


@pytest.mark.parametrize('folder, names, error, message', [
    ('gone', [], FileNotFoundError, 'gone is not a folder. Give one with CLASS/NAME.npy'),
    ('', [], FileNotFoundError, 'neither CLASS/NAME.npy nor NAME.npy .* There are: no files'),
    ('', ['set/walk/a'], FileNotFoundError, r'There are: 1 in other folders .* \(set/walk/a.npy\)'),
    ('', ['a', 'walk/b'], ValueError, 'has a.npy, without a class, and walk/b.npy, with one')])
def test_unfit_folders(tmp_path, save, folder, names, error, message):
    for name in names:
        save(name)
    with pytest.raises(error, match=message):
        read_sequences(tmp_path / folder)


@pytest.mark.parametrize('folder', ['.', 'walk'])
def test_names_that_differ_by_their_ending_alone(tmp_path, save, folder):
    path = save(f'{folder}/0')
    path.rename(path.with_suffix('.NPY'))
    save(f'{folder}/0')
    with pytest.raises(ValueError, match=r'0\.NPY and .*0\.npy would be sequences of the same name'):
        read_sequences(tmp_path)


@pytest.mark.parametrize('array, layout, message', [
    (H36M[..., :2], 'h36m', r'b.npy has 17 joints with 2 coordinates, but 17 joints, as .*arrays, lift'),
    (H36M[..., :0], 'h36m', r'b.npy: the keypoint of shape \(1, 20, 17, 0\) is empty'),
    (H36M, 'smpl', "17 joints .* but 24 joints, as in the layout 'smpl'.*such as 'coco' or 'h36m'"),
    (H36M[0].swapaxes(0, 1), None, r'20 joints .* axes are VTC, name them as order'),
    (H36M * (1, 1, 0), None, 'b.npy: the skeletons are 2-D'),
    (H36M[:, :, :16], None, '16 joints .* but 17 joints, as in the first file'),
    (H36M * np.nan, None, 'b.npy: the keypoint has NaN'),
    (H36M[0, 0], None, r'b.npy has the shape \(17, 3\), expected frames, joints and'),
    (H36M[None], None, r'b.npy has the shape \(1, 1, 20, 17, 3\), expected frames'),
    (np.array([None]), None, r'b.npy \(\d+ bytes\) cannot be read as an array of numbers: .*numpy.save'),
])
def test_unfit_arrays(tmp_path, save, array, layout, message):
    if layout != 'smpl':
        save('walk/a')
    save('walk/b', array)
    with pytest.raises(ValueError, match=message):
        read_sequences(tmp_path, layout and get_layout(layout))


@pytest.mark.parametrize('order', ['TVC', 'VCT', 'TMVC', 'CTVM'])
def test_axes_in_another_order(order):
    usual = np.arange(2 * 4 * 25 * 3).reshape(2, 4, 25, 3)[:1 + ('M' in order)]
    named = usual if 'M' in order else usual[0]
    array = named.transpose(['MTVC'[-named.ndim:].index(axis) for axis in order])
    np.testing.assert_array_equal(with_persons(array, 'mine', order), usual)


@pytest.mark.parametrize('shape, order, message', [
    ((60, 2, 25, 3), None, 'mine has the shape .* If the axes are TMVC, name them as order'),
    ((60, 1, 25, 3), None, 'are TMVC, name'), ((60, 25, 2, 3), None, 'are TVMC, name'),
    ((25, 2, 25, 3), None, 'are TMVC or VMTC, name'),
    ((3, 60, 25), None, 'are CTV, name'), ((60, 3, 25), None, 'are TCV, name'),
    ((8, 20, 17, 3), None, r'files one each\. Are they 8 persons, name MTVC as order \(--order\)\.$'),
    ((8, 25, 60, 3), None, 'one each. If their axes are VTC, name'), ((), None, 'is a single number'),
    ((8, 60, 25, 3), None, 'A batch is given as a list .* Are they 8 persons, name MTVC'),
    ((8, 3, 60, 25, 2), None, r'A batch .* axes are CTVM, name them as order \(--order\)\.$'),
    ((60, 75), None, r'25 joints, flat: array.reshape\(60, 25, 3\)\.$'),
    ((60, 132), None, r'array.reshape\(60, 33, 4\)\.$'), ((60, 34), None, r'reshape\(60, 17, 2\)'),
    ((2, 60, 75), None, r'reshape\(2, 60, 25, 3\)\.$'),
    ((60, 150), None, r'array.reshape\(60, 2, 25, 3\).swapaxes\(0, 1\)'),
    ((60, 45), None, r'array.reshape\(len\(array\), -1, 3\)'),
    ((25, 3), None, r'single frame is array\[None\]'),
    ((60, 25, 3), 'MTVC', "but its order of axes is 'MTVC'. Name each axis once"),
    ((60, 25, 3), 'TTC', "is 'TTC'"), ((60, 25, 3), 'NVC', "is 'NVC'")])
def test_shapes_that_are_probably_something_else(shape, order, message):
    with pytest.raises(ValueError, match=message):
        with_persons(np.zeros(shape), 'mine', order)
    for shape in ((6, 60, 25, 3), (2, 1, 25, 3), (60, 7, 3)):
        assert with_persons(np.zeros(shape), 'mine').shape[-3:] == shape[-3:]


def annotations(*counts):
    return [dict(frame_dir=f'{label}/{i}', label=label) for label, count in enumerate(counts)
            for i in range(count)]


def test_the_split_takes_the_same_share_of_each_class(told):
    sequences = annotations(10, 20, 1, 2, 1)
    sequences[30]['class_name'] = 'bow'
    splits = split_by_class(sequences, 0.2, seed=0)
    labels = [x['label'] for x in splits['val']]
    assert [labels.count(label) for label in range(5)] == [2, 4, 0, 1, 0]
    assert [x for x in sequences if x not in splits['val']] == splits['train']
    assert len(told) == 1 and "['bow', 'class 4'] have a single sequence each" in told[0]
    told.clear()
    splits = split_by_class([dict(frame_dir=str(i)) for i in range(8)], 0.25, seed=0)  # without labels
    assert [len(split) for split in splits.values()] == [6, 2] and told == []
    splits = split_by_class(annotations(2), 0.9, seed=0)
    assert [len(split) for split in splits.values()] == [1, 1]


def test_the_split_follows_from_the_seed_and_not_from_the_order():
    def drawn(seed, sequences):
        return {x['frame_dir'] for x in split_by_class(sequences, 0.5, seed)['val']}

    sequences = annotations(10, 10)
    assert drawn(0, sequences) == drawn(0, sequences[::-1]) != drawn(1, sequences)
    bow, walk = ({name[2:] for name in drawn(0, sequences) if name[0] == label} for label in '01')
    assert bow != walk  # each class has its own draw


@pytest.mark.parametrize('counts, share, message', [
    ((4, ), 0, 'share for validation is 0, but above 0 and below 1'),
    ((4, ), 1, 'share for validation is 1'),
    ((1, 1), 0.5, 'None of the 2 classes has two sequences')])
def test_splits_that_cannot_be_made(counts, share, message):
    with pytest.raises(ValueError, match=message):
        split_by_class(annotations(*counts), share, 0)
