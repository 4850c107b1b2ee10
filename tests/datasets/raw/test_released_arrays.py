import pickle

import numpy as np
import pytest

from hico_mm.datasets.raw.conversion import NO_BODY
from hico_mm.datasets.raw.files import MalformedFile
from hico_mm.datasets.raw.released_arrays import Row, convert_row, find_tasks


@pytest.fixture
def paths(tmp_path):
    """Three sequences: 4 frames of two persons, 6 of one, with a gap and beginning late, nobody."""
    data = np.random.default_rng(0).normal(size=(3, 3, 6, 25, 2))  # N C T V M
    data[0, :, 4:] = 0
    data[1, :, [0, 3]] = 0
    data[1, ..., 0] = 0
    data[2] = 0
    paths = [tmp_path / name for name in ('data.npy', 'label.pkl', 'num_frame.npy')]
    np.save(paths[0], data)
    paths[1].write_bytes(pickle.dumps((['a.SKELETON', 'b.skeleton', 'c'], [2, 0., 1]), protocol=2))
    np.save(paths[2], [3, 99, 4])  # more than the array has
    return paths


def convert(*paths):
    outcomes = [convert_row(task) for task in find_tasks('xsub_train', *paths)]
    return ([annotation for outcome in outcomes for annotation, _ in outcome.sequences],
            [x for outcome in outcomes for x in outcome.left_out])


@pytest.mark.parametrize('with_num_frames, lengths', [(True, [3, 6]), (False, [4, 6])])
def test_conversion(paths, with_num_frames, lengths):
    data = np.load(paths[0]).astype(np.float32)
    annotations, left_out = convert(*paths[:2 + with_num_frames])
    assert left_out == [(NO_BODY, 'c')]
    assert [(x['frame_dir'], x['label'], x['total_frames']) for x in annotations] == [
        ('a', 2, lengths[0]), ('b', 0, lengths[1])]
    first, second = (annotation['keypoint'] for annotation in annotations)
    assert first.shape == (2, lengths[0], 25, 3) and second.shape == (1, 6, 25, 3)
    assert first.dtype == np.float32
    for m, t, v, c in ((0, 0, 0, 0), (1, 2, 24, 1), (1, 0, 3, 2)):
        assert first[m, t, v, c] == data[0, c, t, v, m]
    np.testing.assert_array_equal(second[0], data[1, ..., 1].transpose(1, 2, 0))


def test_labels_alone(paths, tmp_path):
    with open(tmp_path / 'label.NPY', 'wb') as file:
        np.save(file, np.array([[3], [1], [2]]))
    assert find_tasks('val', paths[0], tmp_path / 'label.NPY') == [
        Row(f'val_00000{i}', label, None, 'val', paths[0], i) for i, label in enumerate((3, 1, 2))]


@pytest.mark.parametrize('value', [np.nan, np.inf, 1e40])
def test_what_is_not_finite_is_malformed(paths, value):
    data = np.load(paths[0])
    data[1, 0, 0, 0, 0] = value
    np.save(paths[0], data)
    with pytest.raises(MalformedFile, match='data.npy, row 1: expected finite coordinates, got NaN'):
        convert(*paths)


def dump(path, content):
    path.write_bytes(pickle.dumps(content))


@pytest.mark.parametrize('spoil, expected', [
    (lambda x: x[2].unlink(), "num_frame.npy is not a file. Give an array of the split 'xsub_train'"),
    (lambda x: np.save(x[0], np.zeros((3, 6, 25, 3))), r'shape \(3, 6, 25, 3\), but \(N, C, T, V, M\)'),
    (lambda x: x[0].write_bytes(b'no array'), 'data.npy is not a .npy file of numbers'),
    (lambda x: x[0].write_bytes(b''), 'data.npy is not a .npy file of numbers'),
    (lambda x: x[1].write_bytes(b'no pickle'), 'label.pkl .* is truncated or not a pickle .* Give'),
    (lambda x: dump(x[1], [1, 2, 3]), r'label.pkl is not a pickle of \(names, labels\)'),
    (lambda x: dump(x[1], (['a', 'b', 'c'], [1, 2])), '3 sequences, 3 names, 2 labels and 3 numbers'),
    (lambda x: dump(x[1], (['a', 'b'], [1, 2])), '3 sequences, 2 names, 2 labels and 3 numbers of'),
    (lambda x: np.save(x[2], [1, 2]), '3 sequences, 3 names, 3 labels and 2 numbers of frames'),
    (lambda x: np.save(x[2], [1, 2, 1e30]), r'num_frame.npy holds \[1.0, 2.0, 1e\+30\]..., expected'),
    (lambda x: np.save(x[2], [1, 2, -3]), r'num_frame.npy holds \[1, 2, -3\]..., expected whole'),
    (lambda x: dump(x[1], (['a', 'b', 'c'], [1, 2, 2.5])), r'label.pkl holds \[1.0, 2.0, 2.5\]'),
    (lambda x: dump(x[1], (['a', 'b', 'c'], ['1', '2', '3'])), 'label.pkl holds .*expected whole numb'),
    (lambda x: dump(x[1], (['a', 'b', 'a'], [1, 2, 3])), '3 names, but only 2 of them are different'),
])
def test_unfit_files(paths, spoil, expected):
    spoil(paths)
    with pytest.raises((ValueError, FileNotFoundError), match=expected):
        find_tasks('xsub_train', *paths)
