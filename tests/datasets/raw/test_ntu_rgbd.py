import numpy as np
import pytest

from hico_mm.datasets.raw.conversion import NO_BODY
from hico_mm.datasets.raw.files import MalformedFile
from hico_mm.datasets.raw.ntu_rgbd import (
    SUBJECTS_60,
    SUBJECTS_120,
    convert_recording,
    denoise,
    find_splits,
    find_tasks,
    parse_name,
    persons_by_position,
    persons_by_track,
    read_skeleton,
)

# Longer than a float can hold: as floats the two are the same.
ANNA, BERT = '72057594037931101', '72057594037931102'
REST = '277.4 191.8 1036.2 NaN -inf -1.#IND 0 0 2'  # of a joint; nothing reads it


def skeleton_lines(frames):
    """Lines of a .skeleton file. A frame lists (body id, scale); joint v is at (scale * v, 0.5, 3)."""
    lines = [str(len(frames))]
    for bodies in frames:
        lines.append(str(len(bodies)))
        for body_id, scale in bodies:
            lines += [f'{body_id} 0 1 1 0 1 0 0.02764709 -0.05745083 2', '25']
            lines += [f'{scale * v} 0.5 3 {REST}' for v in range(25)]
    return lines


def write(folder, lines, name='S001C001P001R001A001'):
    path = folder / f'{name}.skeleton'
    path.write_bytes('\r\n'.join(lines).encode())
    return path


@pytest.mark.parametrize('name, splits_60, splits_120', [
    ('S001C001P001R001A001', ('xsub_train', 'xview_val'), ('xsub_train', 'xset_val')),
    ('S002C002P003R001A001', ('xsub_val', 'xview_train'), ('xsub_val', 'xset_train')),
    ('S017C003P038R001A001', ('xsub_train', 'xview_train'), ('xsub_train', 'xset_val')),
    ('S018C003P045R001A061', None, ('xsub_train', 'xset_train')),
    ('S031C001P103R001A120', None, ('xsub_train', 'xset_val')),
    ('S032C001P106R001A120', None, ('xsub_val', 'xset_train')),
])
def test_splits(name, splits_60, splits_120):
    if splits_60:
        assert find_splits(parse_name(name), 60) == splits_60
    assert find_splits(parse_name(name), 120) == splits_120


def test_numbers_of_training_subjects():
    assert len(SUBJECTS_60) == 20 and sum(SUBJECTS_60) == 359
    assert len(SUBJECTS_120) == 53 and SUBJECTS_60 < SUBJECTS_120 and max(SUBJECTS_120) == 103


def test_tasks(tmp_path):
    names = ['S001C001P001R001A001', 'S001C001P001R001A060', 'S001C001P001R001A061',
             'S001C001P001R001A121', 'S001C001P001R001A000', 'notes', 'S001C002P003R002A01',
             'S001C002P003R002A0133', 'xS001C002P003R002A013']
    for name in names:
        (tmp_path / f'{name}.skeleton').touch()
    (tmp_path / '._S001C001P001R001A001.skeleton').touch()  # some archives hold these beside each file
    more = tmp_path / 'second_archive/S018C001P001R001A002.skeleton'
    more.parent.mkdir()
    more.touch()
    missing = [tmp_path / name for name in ('a.txt', 'b.txt')]
    missing[0].write_bytes(b'Samples with missing skeletons:\r\n\r\nS001C001P001R001A060.skeleton\r\n')
    missing[1].write_text('S001C001P001R001A061, S001C001P001R001A005 302')

    tasks, left_out = find_tasks(tmp_path, 60, missing)
    assert tasks == [tmp_path / f'{names[0]}.skeleton', more]
    foreign = [('not named SsssCcccPpppRrrrAaaa', f'{name}.skeleton') for name in names[5:]]
    assert sorted(left_out) == sorted([
        ('in a list of missing skeletons', names[1]), *foreign,
        *(('not of the 60 classes', name) for name in names[2:5])])
    tasks, left_out = find_tasks(tmp_path, 120)
    assert [task.stem for task in tasks] == [*names[:3], more.stem]
    assert ('not of the 120 classes', names[3]) in left_out
    missing[1].write_text('S1C1P1R1A1')
    with pytest.raises(ValueError, match='b.txt names no recording, expected names such as S001'):
        find_tasks(tmp_path, 60, missing)


@pytest.mark.parametrize('file, listed, converted', [
    ('s001c001p001r001a001.SKELETON', 'S001C002P001R001A002', ['S001C001P001R001A001']),
    ('S001C001P001R001A001.skeleton', 's001c001p001r001a001.skeleton', [])])
def test_names_are_read_in_either_case(tmp_path, told, file, listed, converted):
    write(tmp_path, skeleton_lines([[(ANNA, 1)]])).rename(tmp_path / file)
    (tmp_path / 'list.txt').write_text(listed)
    tasks, left_out = find_tasks(tmp_path, 60, [tmp_path / 'list.txt'])
    sequences = [sequence for task in tasks for sequence in convert_recording(task).sequences]
    assert [(x['frame_dir'], x['label'], *splits) for x, splits in sequences] == [
        (name, 0, 'xsub_train', 'xview_val') for name in converted]
    if converted:
        assert left_out == [] and told == [
            f'{tmp_path}/list.txt names 1 recordings, but none that is in {tmp_path}: it leaves '
            'nothing out.']
    else:
        assert left_out == [('in a list of missing skeletons', 'S001C001P001R001A001')] and told == []


def test_values_of_a_file_written_out(tmp_path):
    path = write(tmp_path, [
        '1', '1', '72057594037931101 0 1 1 1 1 0 0.02764709 0.05745083 2', '25',
        '0.2181153 0.1725972 3.785547 277.419 191.8218 1036.233 519.1677 -0.2059419 '
        '0.05349901 0.9692109 -0.1239193 2', *['-1.5 2E-05 4 1 2 3 4 0 0 0 0 1'] * 24])
    bodies = read_skeleton(path)
    assert (bodies.num_frames, bodies.frame, bodies.position) == (1, [0], [0])
    assert bodies.body_id == [b'72057594037931101']
    np.testing.assert_array_equal(
        bodies.joints, np.array([[[0.2181153, 0.1725972, 3.785547]] + [[-1.5, 2e-5, 4]] * 24],
                                np.float32))


def scales(keypoint):
    """Scale by which a body was written, per person and frame; 0 where a person is absent."""
    present = keypoint.any(axis=(2, 3))  # (M, T)
    assert keypoint.shape[2:] == (25, 3) and keypoint.dtype == np.float32
    np.testing.assert_array_equal(keypoint[present][..., 1], 0.5)
    np.testing.assert_array_equal(keypoint[present][..., 2], 3)
    scale = keypoint[:, :, 1, 0]
    np.testing.assert_array_equal(keypoint[..., 0], scale[..., None] * np.arange(25))
    return scale.tolist()


@pytest.mark.parametrize('frames, by_position, by_track', [
    # one body
    ([[(ANNA, 1)], [(ANNA, 2)]], [[1, 2]], [[1, 2]]),
    # two, whose order changes
    ([[(ANNA, 1), (BERT, 5)], [(BERT, 6), (ANNA, 2)]], [[1, 6], [5, 2]], [[1, 2], [5, 6]]),
    # three, the second one leaves
    ([[(ANNA, 1), (BERT, 5), (7, 9)], [(ANNA, 2), (7, 8)]],
     [[1, 2], [5, 8], [9, 0]], [[1, 2], [5, 0], [9, 8]]),
    # five: the first four positions count, every track does
    ([[(i, i) for i in range(1, 6)]], [[1], [2], [3], [4]], [[1], [2], [3], [4], [5]]),
    # one leaves and returns
    ([[(ANNA, 1), (BERT, 5)], [(BERT, 6)], [(BERT, 7), (ANNA, 3)]],
     [[1, 6, 7], [5, 0, 3]], [[1, 0, 3], [5, 6, 7]]),
    # frames without a body, at the start, within, and at the end
    ([[], [(ANNA, 1)], [], [(ANNA, 2)], []], [[0, 1, 0, 2, 0]], [[0, 1, 0, 2, 0]]),
    # the same id twice in a frame
    ([[(ANNA, 1), (ANNA, 5)], [(ANNA, 2), (BERT, 6)]],
     [[1, 2], [5, 6]], [[1, 2], [5, 0], [0, 6]]),
    # no body at all
    ([[], []], [], []),
    ([], [], []),
])
def test_persons(tmp_path, frames, by_position, by_track):
    bodies = read_skeleton(write(tmp_path, skeleton_lines(frames)))
    assert bodies.num_frames == len(frames)
    assert scales(persons_by_position(bodies)) == by_position
    assert scales(persons_by_track(bodies)) == by_track


@pytest.mark.parametrize('persons, expected', [('protocol', [[1, 9], [5, 2]]),
                                               ('track', [[5, 9], [1, 2]]),
                                               ('denoised', [[5, 9], [1, 2]])])
def test_conversion(tmp_path, persons, expected):
    lines = skeleton_lines([[(1, 1.), (2, 5.), (3, .1)], [(2, 9.), (1, 2.)]])
    outcome = convert_recording(write(tmp_path, lines, 'S001C002P003R001A013'), 60, persons)
    (annotation, splits), = outcome.sequences
    assert outcome.left_out == [] and splits == ('xsub_val', 'xview_train')
    keypoint = annotation.pop('keypoint')
    assert annotation == dict(frame_dir='S001C002P003R001A013', label=12, total_frames=2, subject=3)
    assert scales(keypoint) == expected


def stand(frames, size=1, wide=()):
    """A narrow body in some of 26 frames, twice as wide as tall in those of them that are wide."""
    body = np.zeros((26, 25, 3), np.float32)
    for frame in frames:
        body[frame] = np.linspace(0, size, 25)[:, None] * (2 if frame in wide else .5, 1, 0)
    return body


ALL = range(26)
BENT = stand(ALL, 2, wide=range(17))
MOVING = stand(ALL, wide=ALL) + np.linspace(0, .1, 26, dtype=np.float32)[:, None, None]


@pytest.mark.parametrize('tracks, first, second, frames', [
    ([stand(ALL, wide=ALL)], 0, None, ALL),  # nobody else
    ([stand(ALL, 5, wide=ALL), stand(ALL)], 1, None, ALL),  # furniture
    ([stand([3], 5), stand(ALL)], 1, None, ALL),  # a ghost of one frame
    ([stand(range(11), 5), stand(ALL)], 1, None, ALL),
    ([stand(range(12), 5), stand(ALL)], 0, 1, ALL),
    ([stand(range(5), 1), stand(range(5), 2)], 1, 0, range(5)),  # all are short
    ([stand(ALL, 2, wide=range(18)), stand(ALL)], 0, 1, ALL),  # 18 of 26 are 0.692, 19 are 0.73
    ([stand(ALL, 2, wide=range(19)), stand(ALL)], 1, None, ALL),
    ([stand(ALL, 3), stand(ALL, 2), stand(ALL, 4)], 2, 0, ALL),  # the third is left out
    ([stand(range(12), 1), stand(range(14, 26), 3), stand(range(14, 26), 2)],
     (1, 0), 2, [*range(12), *range(14, 26)]),  # 0 and 1 are one person; nobody is there in between
    ([stand(range(5, 26), 2), stand(ALL)], 1, 0, ALL),  # the larger one comes late
    ([stand(ALL, 5, wide=ALL), MOVING], 1, 0, ALL),  # all are wide
    ([BENT, stand(ALL, 2.1)], 1, 0, ALL),
])
def test_false_bodies_are_left_out(tracks, first, second, frames):
    expected = np.zeros((2, 26, 25, 3), np.float32)
    for person, numbers in zip(expected, (first, second), strict=True):
        for number in np.atleast_1d([] if numbers is None else numbers):
            person += tracks[number]
    np.testing.assert_array_equal(denoise(np.stack(tracks)), expected[:, list(frames)])


@pytest.mark.parametrize('frames', [[], [[], []]])
def test_nobody(tmp_path, frames):
    outcome = convert_recording(write(tmp_path, skeleton_lines(frames)))
    assert outcome.sequences == [] and outcome.left_out == [(NO_BODY, 'S001C001P001R001A001')]


@pytest.mark.parametrize('change, expected', [
    (lambda x: ['3', *x[1:]], 'line 58: expected the number of bodies, but the file ends.'),
    (lambda x: ['1', *x[1:]], 'line 30: expected the end of the file, but 28 more line(s) follow.'),
    (lambda x: [*x[:2], '1 0 0', *x[3:]], 'line 3: expected a body of 10 value(s), got 3.'),
    (lambda x: [*x[:3], '20', *x[4:]], 'line 4: expected 25 as the number of joints, got 20.'),
    (lambda x: x[:5] + x[6:], 'line 29: expected a joint of 12 value(s), got 1.'),
    # the last frame truncated: within a body, before its bodies
    (lambda x: x[:-3], 'line 55: expected a joint, but the file ends.'),
    (lambda x: x[:30], 'line 31: expected a body, but the file ends.'),
])
def test_malformed_files(tmp_path, change, expected):
    lines = skeleton_lines([[(ANNA, 1)], [(ANNA, 2)]])
    path = write(tmp_path, change(lines))
    with pytest.raises(MalformedFile) as error:
        read_skeleton(path)
    assert str(error.value) == f'{path}, {expected}'
