import math

import numpy as np
import pytest
import torch

from hico_mm.datasets.raw.conversion import MALFORMED, NO_BODY
from hico_mm.datasets.raw.files import MalformedFile
from hico_mm.datasets.raw.pku_mmd import (
    Video,
    convert_video,
    fifty_frames,
    find_tasks,
    read_labels,
    read_skeleton,
    read_split_list,
)

OFFICIAL = ('Training videos: \n0002-L, 0002-M, 0003-R, \n'
            'Validataion videos: \n0291-L, 0292-M, \n')


def write(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())
    return path


def coordinates(num_frames, present=(True, True)):
    """(T, 150): person m, joint v, coordinate c of frame t is 100 t + 50 m + v + c / 4."""
    t, m, v, c = np.ogrid[:num_frames, :2, :25, :3]
    values = (100 * t + 50 * m + v + c / 4 + 0.5) * np.array(present)[:, None, None]
    return values.reshape(num_frames, 150)


def skeleton_text(values):
    return ''.join(' '.join(f'{x:.2f}' for x in row) + '\r\n' for row in values)


@pytest.mark.parametrize('text', [
    OFFICIAL,
    '\ufeff' + OFFICIAL.replace('\n', '\r\n'),
    OFFICIAL.replace(', ', ',').replace(': \n', ':\n\n'),
    OFFICIAL.replace(': \n', ': '),  # names on the line of the heading
    OFFICIAL.replace(': ', ''),
    OFFICIAL.replace('Validataion', 'Testing').replace('Training', 'TRAIN'),
    OFFICIAL.replace(', ', '.txt\n'),
    OFFICIAL.replace(', ', '.TXT\n').lower(),
])
def test_split_lists(tmp_path, text):
    assert read_split_list(write(tmp_path / 'cross-subject.txt', text)) == {
        '0002-L': 'train', '0002-M': 'train', '0003-R': 'train', '0291-L': 'val', '0292-M': 'val'}


@pytest.mark.parametrize('text, expected', [
    ('0002-L, 0002-M', "names 0 videos under 0 headings, expected names under 'Training videos:' and"),
    ('Training videos:\n0002-L', 'names 1 videos under 1 headings'),
    ('Training videos:\n0002-L\nValidation videos:\n', 'names 1 videos under 2 headings'),
    ('Training videos:\n0002-L\nValidation videos:\n0002-L',
     'has 0002-L among the training and the validation videos'),
])
def test_unfit_split_lists(tmp_path, text, expected):
    with pytest.raises(ValueError, match=expected):
        read_split_list(write(tmp_path / 'list.txt', text))


def test_tasks(tmp_path):
    split_list = write(tmp_path / 'list.txt', OFFICIAL)
    for name in ('0002-L', '0002-M', '0291-L', '0400-R'):
        write(tmp_path / f'skeleton/{name.lower()}.TXT', '')
    for name in ('0002-L', '0003-R', '0291-L', '0292-M'):
        write(tmp_path / f'label/{name}.txt', '')
    tasks, left_out = find_tasks(tmp_path / 'skeleton', tmp_path / 'label', split_list, 'xview')
    assert tasks == [
        Video(name, split, tmp_path / f'skeleton/{name.lower()}.TXT', tmp_path / f'label/{name}.txt')
        for name, split in (('0002-L', 'xview_train'), ('0291-L', 'xview_val'))]
    assert left_out == [('without a label file', '0002-M'), ('without a skeleton file', '0003-R'),
                        ('without a skeleton file', '0292-M'), ('not in the split list', '0400-R')]


def test_skeleton_values(tmp_path):
    keypoint = read_skeleton(write(tmp_path / '0002-L.txt', skeleton_text(coordinates(4))))
    assert keypoint.shape == (2, 4, 25, 3) and keypoint.dtype == np.float32
    np.testing.assert_array_equal(keypoint[0, 0, 0], [0.5, 0.75, 1])
    np.testing.assert_array_equal(keypoint[1, 3, 24], [374.5, 374.75, 375])
    np.testing.assert_array_equal(keypoint.transpose(1, 0, 2, 3).reshape(4, 150), coordinates(4))


@pytest.mark.parametrize('text', ['23,110,206,2\n51,0,3,1\n', '23, 110, 206, 2\r\n51,0.0,3,1\r\n\r\n'])
def test_labels(tmp_path, text):
    assert read_labels(write(tmp_path / '0002-L.txt', text)) == [(23, 110, 206), (51, 0, 3)]


ACTION = 'an action (class, start, end, confidence)'


@pytest.mark.parametrize('read, text, expected', [
    (read_skeleton, '', 'line 1: expected a frame, but the file ends.'),
    (read_skeleton, skeleton_text(coordinates(3))[:-30],
     'line 3: expected a frame of 150 value(s), got 146.'),
    (read_skeleton, skeleton_text(coordinates(3)).replace('173.50', 'nan'),
     "line 2: expected finite numbers in a frame, got 'nan'."),
    (read_skeleton, skeleton_text(coordinates(3)).replace('173.50', '1e39'),
     "line 2: expected finite numbers in a frame, got '1e39'."),
    (read_labels, '', f'line 1: expected {ACTION}, but the file ends.'),
    (read_labels, '23,110,206,2\n51,0', f'line 2: expected {ACTION} of 4 value(s), got 2.'),
    (read_labels, '23,110,206,2\n51,0,3.5,1',
     'line 2: expected whole numbers as class, start and end, got [51.0, 0.0, 3.5].'),
    (read_labels, 'clap,110,206,2', f"line 1: expected finite numbers in {ACTION}, got 'clap'."),
])
def test_malformed_files(tmp_path, read, text, expected):
    path = write(tmp_path / '0002-L.txt', text)
    with pytest.raises(MalformedFile) as error:
        read(path)
    assert str(error.value) == f'{path}, {expected}'


def video(tmp_path, values, labels):
    return Video('0002-L', 'xsub_train',
                 write(tmp_path / 'skeleton/0002-L.txt', skeleton_text(values)),
                 write(tmp_path / 'label/0002-L.txt', labels))


def test_actions_are_cut_out(tmp_path):
    values = coordinates(400, present=(True, False))
    values[20:25, 75:] = coordinates(400)[20:25, 75:]
    values[350:] = 0
    task = video(tmp_path, values, '\n'.join([
        '23,5,12,2',  # one person
        '1,18,30,2',  # the second one for a while
        '51,10,340,1',  # more than 300 frames
        '7,345,500,1',  # until the end of the video and beyond
        '8,360,370,1',  # nobody
        '0,5,12,1', '52,5,12,1', '3,12,12,1', '3,-1,12,1', '3,400,412,1']))
    outcome = convert_video(task)
    annotations = [annotation for annotation, _ in outcome.sequences]
    assert {splits for _, splits in outcome.sequences} == {('xsub_train', )}
    assert [(x['frame_dir'], x['label'], x['total_frames']) for x in annotations] == [
        ('0002-L_000', 22, 7), ('0002-L_001', 0, 12), ('0002-L_002', 50, 300), ('0002-L_003', 6, 55)]
    keypoints = [annotation['keypoint'] for annotation in annotations]
    assert [x.shape[0] for x in keypoints] == [1, 2, 2, 1]
    assert all(x.dtype == np.float32 for x in keypoints)
    np.testing.assert_array_equal(keypoints[0][0, :, 0, 0], 100 * np.arange(5, 12) + 0.5)
    np.testing.assert_array_equal(keypoints[1][1, :, 2, 0], [
        0, 0, 2052.5, 2152.5, 2252.5, 2352.5, 2452.5, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(keypoints[2][0, :, 0, 0], 100 * np.arange(10, 310) + 0.5)
    np.testing.assert_array_equal(keypoints[3][0, [0, 4, 5, 54], 0, 0], [34500.5, 34900.5, 0, 0])

    assert outcome.left_out[0] == (NO_BODY, '0002-L_004')
    assert outcome.left_out[1:] == [
        (MALFORMED, f'{task.label}, line {line}: expected a class from 1 to 51 and 0 <= start < end in '
         f'a video of 400 frames, got class {number} in frames {start} to {end}.')
        for line, number, start, end in ((6, 0, 5, 12), (7, 52, 5, 12), (8, 3, 12, 12),
                                         (9, 3, -1, 12), (10, 3, 400, 412))]


def slow_fifty_frames(keypoint):
    """The same, frame by frame."""
    if keypoint.shape[1] > 300:
        start = (keypoint.shape[1] - 300) // 2
        keypoint = keypoint[:, start:start + 300]
    result = np.zeros((len(keypoint), 50, 25, 3))
    for person, joints in zip(result, keypoint, strict=True):
        centred = torch.tensor(np.array([frame - frame[20] for frame in joints]))
        channels = centred.reshape(len(joints), 75).T[None]
        person[:] = torch.nn.functional.interpolate(
            channels, 50, mode='linear', align_corners=False)[0].T.reshape(50, 25, 3).numpy()
        lines = [frame[8] - frame[4] for frame in person]
        sign = -1 if sum(line[2] for line in lines) >= 0 else 1
        for frame, line in zip(person, lines, strict=True):
            angle = sign * math.acos(line[0] / (math.hypot(line[0], line[2]) + 1e-4))
            rotation = np.array([[math.cos(angle), 0, -math.sin(angle)], [0, 1, 0],
                                 [math.sin(angle), 0, math.cos(angle)]])
            frame[:] = [rotation @ joint for joint in frame]
    return result


@pytest.mark.parametrize('num_frames', [1, 3, 50, 120, 301, 455])
def test_against_a_slow_reference(num_frames):
    steps = np.random.default_rng(num_frames).normal(size=(2, num_frames, 25, 3)) * 0.05
    keypoint = (steps.cumsum(axis=1) + [0, 0, 3]).astype(np.float32)
    keypoint[1, :num_frames // 3] = 0
    result = fifty_frames(keypoint)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, slow_fifty_frames(keypoint), atol=1e-5)


def test_fifty_frame_form(tmp_path):
    task = video(tmp_path, np.random.default_rng(0).normal(size=(90, 150)), '23,5,80,2')
    (annotation, _), = convert_video(task, '50frames').sequences
    assert annotation['total_frames'] == 50
    np.testing.assert_array_equal(annotation['keypoint'],
                                  fifty_frames(read_skeleton(task.skeleton)[:, 5:80]))
