import pickle

import numpy as np
import pytest
import torch

from hico_mm.apis.recordings import read_recordings
from hico_mm.datasets import write_annotation_file
from hico_mm.evaluation.functional import hash_joints

KEYPOINT = np.arange(2 * 4 * 25 * 3, dtype=np.float32).reshape(2, 4, 25, 3) + 1


def test_annotations(tmp_path):
    first = dict(frame_dir='a', keypoint=KEYPOINT, total_frames=3, label=np.int64(1), class_name='wave')
    second, third = (dict(frame_dir=name, keypoint=KEYPOINT, label=1) for name in 'bc')
    del second['label']
    path = str(tmp_path / 'ann.pkl')
    write_annotation_file(path, dict(train=[first], val=[second, third]), 'float32')
    a, b, c = read_recordings(path, classes_of=lambda _: ['walk', 'hop'])
    assert (a.name, a.label, a.class_name) == ('a', 1, 'wave') and type(a.label) is int
    np.testing.assert_array_equal(a.keypoint, KEYPOINT[:, :3])
    assert (b.name, b.label, b.class_name) == ('b', None, None)
    assert (c.class_name, c.content) == ('hop', hash_joints(c.keypoint))
    assert [recording.name for recording in read_recordings(path, 'val')] == ['b', 'c']
    one, = read_recordings(dict(keypoint=KEYPOINT, label=1))
    assert (one.name, one.class_name) == ('annotation', 'class 1')
    assert next(read_recordings(dict(keypoint=KEYPOINT, label=None))).label is None


@pytest.mark.parametrize('array', [KEYPOINT[0], KEYPOINT[:1]])
def test_arrays(tmp_path, array):
    np.save(tmp_path / 'mine.npy', array)
    for source, name in ((tmp_path / 'mine.npy', 'mine'), (array, 'array')):
        recording, = read_recordings(source)
        assert recording.name == name
        np.testing.assert_array_equal(recording.keypoint, KEYPOINT[:1])


def test_names_in_lists():
    bare = dict(keypoint=KEYPOINT)
    sources = [[KEYPOINT, KEYPOINT], [KEYPOINT], torch.tensor(KEYPOINT, requires_grad=True), bare,
               [bare], dict(bare, frame_dir='a')]
    recordings = list(read_recordings(sources))
    assert [recording.name for recording in recordings] == [
        'array 0.0', 'array 0.1', 'array 1.0', 'array 2', 'annotation 3', 'annotation 4.0', 'a']
    np.testing.assert_array_equal(recordings[3].keypoint, KEYPOINT)
    with pytest.raises(ValueError, match='The array 0.1 has the shape'):
        list(read_recordings([[KEYPOINT, KEYPOINT[0, 0]]]))


def skeleton_text(frames):
    lines = [str(len(frames))]
    for bodies in frames:
        lines.append(str(len(bodies)))
        for body in bodies:
            lines += ['72057 0 1 1 0 1 0 0.1 0.2 2', '25']
            lines += [' '.join(map(str, joint)) + ' 0' * 9 for joint in body.tolist()]
    return '\n'.join(lines)


def test_axes_in_another_order(tmp_path):
    array = KEYPOINT.swapaxes(0, 1)
    np.save(tmp_path / 'mine.npy', array)
    for source in (tmp_path / 'mine.npy', array, [array]):
        np.testing.assert_array_equal(next(read_recordings(source, order='TMVC')).keypoint, KEYPOINT)
    for source, kind in ((tmp_path / 'mine.pkl', '.pkl'), (dict(keypoint=array), 'dict')):
        with pytest.raises(ValueError, match=f"an order such as 'TMVC', but a {kind} is given"):
            next(read_recordings(source, order='TMVC'))


def test_raw_files(tmp_path):
    path = tmp_path / 'S001C001P001R001A001.skeleton'
    still, moving = KEYPOINT[0, [0, 0]], KEYPOINT[1, :2]
    path.write_text(skeleton_text(list(zip(still, moving, strict=True))))
    recording, = read_recordings(path)
    assert recording.name == 'S001C001P001R001A001'
    # The person who moves more comes first, as in the data sets.
    np.testing.assert_array_equal(recording.keypoint, [moving, still])
    upper = path.rename(path.with_suffix('.SKELETON'))
    assert np.array_equal(next(read_recordings(upper)).keypoint, recording.keypoint)
    path.write_text(skeleton_text([[still[0]]]))
    assert next(read_recordings(path)).keypoint.shape == (1, 1, 25, 3)
    path.write_text(skeleton_text([[], []]))
    with pytest.raises(ValueError, match='A001.skeleton: .* is empty, but at least one person'):
        next(read_recordings(path))
    path.write_text('2\n1\n')
    with pytest.raises(ValueError, match='A001.skeleton, line 3: expected a body, but'):
        next(read_recordings(path))


@pytest.mark.parametrize('source, split, error, message', [
    ('gone.npy', None, FileNotFoundError, r'Recording gone.npy does not exist \(looked for .*\.npy'),
    ('gone.pkl', None, FileNotFoundError, 'Annotation file not found'),
    ('mine.csv', None, ValueError, r"no recording by its ending '.csv'; name a .*\. Recipes in tools"),
    ('gone.npy', 'val', ValueError, "Only an annotation file has splits, but 'val' is asked of gone"),
    ('', None, ValueError, 'is a folder. tools/data/npy.py makes an annotation file of'),
    (np.float32(3), None, ValueError, 'A float32 is no recording'),
    (np.array(3.), None, ValueError, r'The array has the shape \(\), expected .* a single number'),
    (KEYPOINT + 1j, None, ValueError, r'of type complex64, .* convert it, such as by keypoint.astype'),
    (np.zeros((4, 25, 0)), None, ValueError, 'at least one person, frame, joint and coordinate are'),
    (np.ma.array(KEYPOINT), None, ValueError, r'The array is a masked array, .*filled\(numpy.nan\)'),
    (dict(keypoint=np.ma.array(KEYPOINT)), None, ValueError, 'The annotation is a masked array'),
    (np.zeros((1, 4, 25, 3)), None, ValueError, 'The array: every frame of the keypoint is zero'),
    (dict(label=1), None, ValueError, r"The annotation: there is no 'keypoint' among its .*\['label'\]"),
    (dict(keypoint=np.ones((90, 2, 25, 3))), None, ValueError, '90 persons in 2 frames; .*swapaxes'),
    (dict(keypoint=KEYPOINT, label=[1, 2]), None, ValueError, r'The annotation: the label is \[1, 2\]'),
    (iter([]), None, ValueError, r'A list_iterator is no recording.*go to stream\(\)'),
])
def test_unfit_sources(source, split, error, message):
    with pytest.raises(error, match=message):
        next(read_recordings(source, split))


def test_unreadable_files(tmp_path):
    (tmp_path / 'text.npy').write_text('no array')
    np.save(tmp_path / 'objects.npy', np.array([dict()]), allow_pickle=True)
    (tmp_path / 'objects.npy').rename(tmp_path / 'S001.skeleton.npy')
    with pytest.raises(ValueError, match='the file that it was made of, S001.skeleton; tools/'):
        next(read_recordings(tmp_path / 'S001.skeleton.npy'))
    (tmp_path / 'S001.skeleton.npy').rename(tmp_path / 'objects.npy')
    np.savez(tmp_path / 'zip.npz', KEYPOINT)
    (tmp_path / 'zip.npz').rename(tmp_path / 'zip.npy')
    with pytest.raises(ValueError, match='zip.npy is an archive of arrays'):
        next(read_recordings(tmp_path / 'zip.npy'))
    for name in ('text', 'objects'):
        with pytest.raises(ValueError, match=rf'{name}.npy \(\d+ bytes\) cannot be read as an array of '
                                             'numbers: it holds text or Python objects. Write one'):
            next(read_recordings(tmp_path / f'{name}.npy'))
    (tmp_path / 'other.pkl').write_bytes(pickle.dumps(dict(a=1)))
    with pytest.raises(ValueError, match=r"other.pkl holds a dict with keys \['a'\]"):
        next(read_recordings(tmp_path / 'other.pkl'))
