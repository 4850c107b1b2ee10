import numpy as np
import pytest

from hico_mm.datasets.raw.ntu_rgbd import (
    SUBJECTS_60,
    SUBJECTS_120,
    NTUConverter,
    find_splits,
    find_tasks,
    parse_name,
    read_missing_list,
)
from hico_mm.datasets.raw.outcome import NO_BODY


def test_names():
    assert parse_name('S001C002P003R002A013') == dict(setup=1, camera=2, subject=3, action=13)
    assert parse_name('S032C003P106R002A120') == dict(setup=32, camera=3, subject=106, action=120)
    for name in ('S001C002P003R002A01', 'S001C002P003R002A0133', 'xS001C002P003R002A013', ''):
        assert parse_name(name) is None


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


@pytest.mark.parametrize('text', [
    'S001C001P001R001A001\r\nS001C002P001R001A002\r\n',
    'Samples with missing skeletons:\n\nS001C001P001R001A001.skeleton\n S001C002P001R001A002 302\n',
])
def test_missing_lists(tmp_path, text):
    (tmp_path / 'missing.txt').write_bytes(text.encode())
    assert read_missing_list(tmp_path / 'missing.txt') == ['S001C001P001R001A001',
                                                           'S001C002P001R001A002']


def test_unfit_missing_lists(tmp_path):
    with pytest.raises(FileNotFoundError, match='no.txt is no file; name a list of NTU RGB'):
        read_missing_list(tmp_path / 'no.txt')
    (tmp_path / 'empty.txt').write_text('S1C1P1R1A1')
    with pytest.raises(ValueError, match='empty.txt names no recording, expected names such as S001'):
        read_missing_list(tmp_path / 'empty.txt')


def test_tasks(write_skeleton, tmp_path):
    names = ['S001C001P001R001A001', 'S001C001P001R001A060', 'S001C001P001R001A061',
             'S001C001P001R001A121', 'S001C001P001R001A000', 'notes']
    for name in names:
        write_skeleton([], name)
    more = write_skeleton([], 'S018C001P001R001A002', folder='second_archive')
    write_skeleton([], '._S001C001P001R001A001')  # what some archives hold beside each file
    (tmp_path / 'a.txt').write_text('S001C001P001R001A060')
    (tmp_path / 'b.txt').write_text('S001C001P001R001A061, S001C001P001R001A005')

    tasks, left_out = find_tasks(tmp_path, 60, [tmp_path / 'a.txt', tmp_path / 'b.txt'])
    assert tasks == [tmp_path / f'{names[0]}.skeleton', more]
    assert left_out == [('not of the 60 classes', names[4]),
                        ('in a list of missing skeletons', names[1]),
                        ('not of the 60 classes', names[2]),
                        ('not of the 60 classes', names[3]),
                        ('not named SsssCcccPpppRrrrAaaa', 'notes.skeleton')]
    tasks, left_out = find_tasks(tmp_path, 120)
    assert [task.stem for task in tasks] == [*names[:3], more.stem]
    assert ('not of the 120 classes', names[3]) in left_out


@pytest.mark.parametrize('persons, expected', [('protocol', [[1, 9], [5, 2]]),
                                               ('track', [[5, 9], [1, 2]])])
def test_conversion(write_skeleton, persons, expected):
    path = write_skeleton([[(1, 1.), (2, 5.), (3, .1)], [(2, 9.), (1, 2.)]], 'S001C002P003R001A013')
    outcome = NTUConverter(60, persons).convert(path)
    (annotation, splits), = outcome.sequences
    assert outcome.left_out == []
    assert splits == ('xsub_val', 'xview_train')
    keypoint = annotation.pop('keypoint')
    assert annotation == dict(frame_dir='S001C002P003R001A013', label=12, total_frames=2, subject=3)
    assert keypoint.shape == (2, 2, 25, 3) and keypoint.dtype == np.float32
    np.testing.assert_array_equal(keypoint[:, :, 24, 0], 24 * np.array(expected))


def test_a_second_person_who_never_appears_is_dropped(write_skeleton):
    (annotation, _), = NTUConverter().convert(write_skeleton([[(1, 1.)], []])).sequences
    assert annotation['keypoint'].shape == (1, 2, 25, 3) and annotation['total_frames'] == 2


@pytest.mark.parametrize('frames', [[], [[], []]])
def test_nobody(write_skeleton, frames):
    outcome = NTUConverter().convert(write_skeleton(frames))
    assert outcome.sequences == []
    assert outcome.left_out == [(NO_BODY, 'S001C001P001R001A001')]
