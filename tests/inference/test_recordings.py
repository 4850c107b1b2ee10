import pickle

import numpy as np
import pytest

from hico_mm.datasets import write_annotation_file
from hico_mm.inference.recordings import read_recordings

KEYPOINT = np.arange(2 * 4 * 25 * 3, dtype=np.float32).reshape(2, 4, 25, 3) + 1


@pytest.fixture
def ann_file(tmp_path):
    first = dict(frame_dir='a', keypoint=KEYPOINT, total_frames=3, label=np.int64(1), class_name='wave')
    path = str(tmp_path / 'ann.pkl')
    second = dict(frame_dir='b', keypoint=KEYPOINT)
    write_annotation_file(path, dict(train=[first], val=[second]), 'float32')
    return path


def test_annotations(ann_file):
    a, b = read_recordings(ann_file)
    assert (a.name, a.label, a.class_name) == ('a', 1, 'wave') and type(a.label) is int
    np.testing.assert_array_equal(a.keypoint, KEYPOINT[:, :3])
    assert (b.name, b.label, b.class_name) == ('b', None, None)
    assert [recording.name for recording in read_recordings(ann_file, 'val')] == ['b']
    one, = read_recordings(dict(keypoint=KEYPOINT))
    assert one.name == 'annotation'


@pytest.mark.parametrize('array', [KEYPOINT[0], KEYPOINT[:1]])
def test_arrays(tmp_path, array):
    np.save(tmp_path / 'mine.npy', array)
    for source, name in ((tmp_path / 'mine.npy', 'mine'), (array, 'array')):
        recording, = read_recordings(source)
        assert recording.name == name
        np.testing.assert_array_equal(recording.keypoint, KEYPOINT[:1])


def skeleton_text(frames):
    lines = [str(len(frames))]
    for bodies in frames:
        lines.append(str(len(bodies)))
        for body in bodies:
            lines += ['72057 0 1 1 0 1 0 0.1 0.2 2', '25']
            lines += [' '.join(map(str, joint)) + ' 0' * 9 for joint in body.tolist()]
    return '\n'.join(lines)


def test_raw_files(tmp_path):
    path = tmp_path / 'S001C001P001R001A001.skeleton'
    path.write_text(skeleton_text([[KEYPOINT[0, 0]], [KEYPOINT[0, 1], KEYPOINT[1, 1]]]))
    recording, = read_recordings(path)
    assert recording.name == 'S001C001P001R001A001'
    # The person who moves more comes first, as in the data sets.
    assert sorted(recording.keypoint[:, 1, 0, 0].tolist()) == sorted(KEYPOINT[:, 1, 0, 0].tolist())
    assert recording.keypoint.shape == (2, 2, 25, 3)
    path.write_text(skeleton_text([[], []]))
    with pytest.raises(ValueError, match='A001.skeleton has no body in any of its 2 frames'):
        list(read_recordings(path))


def test_a_truncated_raw_file_names_its_line(tmp_path):
    path = tmp_path / 'a.skeleton'
    path.write_text('2\n1\n')
    with pytest.raises(ValueError, match='a.skeleton, line 3: expected a body, but the file ends'):
        list(read_recordings(path))


@pytest.mark.parametrize('source, split, error, message', [
    ('gone.npy', None, FileNotFoundError, r'Recording gone.npy does not exist \(looked for .*\.npy'),
    ('gone.pkl', None, FileNotFoundError, 'Annotation file not found'),
    ('mine.csv', None, ValueError, r"mine.csv is no recording by its ending '.csv'; name a pickle"),
    ('gone.npy', 'val', ValueError, "Only an annotation file has splits, but 'val' is asked of gone"),
    (np.zeros((25, 3)), None, ValueError, r'The array has the shape \(25, 3\), but \(T, V, C\)'),
    (dict(label=1), None, KeyError, r"The annotation has no 'keypoint' among its keys \['label'\]"),
    (dict(keypoint=KEYPOINT, total_frames=9), None, ValueError, 'total_frames is 9, but .* 4 frames'),
    (dict(keypoint=KEYPOINT, label=[1, 2]), None, ValueError, r'The annotation: the label is \[1, 2\]'),
    (iter([]), None, ValueError, r'A list_iterator is no recording.*go to stream\(\)'),
])
def test_unfit_sources(source, split, error, message):
    with pytest.raises(error, match=message):
        list(read_recordings(source, split))


def test_unreadable_arrays(tmp_path):
    (tmp_path / 'text.npy').write_text('no array')
    np.save(tmp_path / 'objects.npy', np.array([dict()]), allow_pickle=True)
    for name in ('text', 'objects'):
        with pytest.raises(ValueError, match=rf'{name}.npy \(\d+ bytes\) cannot be read as an array'):
            list(read_recordings(tmp_path / f'{name}.npy'))


def test_a_pickle_of_something_else(tmp_path):
    (tmp_path / 'other.pkl').write_bytes(pickle.dumps(dict(a=1)))
    with pytest.raises(ValueError, match=r"other.pkl holds a dict with keys \['a'\]"):
        list(read_recordings(tmp_path / 'other.pkl'))
