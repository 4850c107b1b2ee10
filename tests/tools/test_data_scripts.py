"""tools/data: from raw files to a data set that trains, by one command."""
import pickle

import numpy as np
import pytest

from hico_mm.datasets import SkeletonDataset
from hico_mm.datasets.layouts import LAYOUTS
from hico_mm.datasets.synthetic import make_sequences


def load(split):
    """Sequences of a split by name, as the data set of the configs gives them."""
    dataset = SkeletonDataset('out.pkl', pipeline=[], split=split, num_joints=25, num_coords=3,
                              serialize_data=False)
    return {x['frame_dir']: x for x in map(dataset.get_data_info, range(len(dataset)))}


@pytest.mark.parametrize('layout', ['nturgb+d', 'h36m', 'mediapipe', 'kinect_v1'])
def test_fabricated_recordings(call, fail, told, layout):
    """Which tools/data/npy.py reads without a doubt, back to the places of the joints."""
    command = ['data/synthetic', 'rec', '--layout', layout, '--number', '4', '--classes', '2']
    call(*command, '--new', 'new.npy')
    printed = call('data/npy', 'rec', 'out.pkl', '--from', layout, '--to', 'nturgb+d', '--val', '.5')
    assert told == [] and 'classes: lift_march, swing_stand' in printed
    wrists = [LAYOUTS['nturgb+d'].joints.index(f'{side}_wrist') for side in ('left', 'right')]
    found = {**load('train'), **load('val')}
    for number, sequence in enumerate(make_sequences(4, num_classes=2)):
        name = f"{('swing_stand', 'lift_march')[number % 2]}/{number}"
        np.testing.assert_allclose(found[name]['keypoint'][0][:, wrists],
                                   sequence['keypoint'][0][:, wrists], atol=1e-5)
    assert np.load('new.npy').shape[1:] == (LAYOUTS[layout].num_joints, 3)
    assert 'rec exists already' in fail(*command)


@pytest.fixture
def ntu(tmp_path):
    """Recordings: three whole ones, one without a body, a truncated one, one in the missing list."""
    def frame(*bodies):
        lines = [str(len(bodies))]
        for body_id, x in bodies:
            lines += [f'{body_id} 0 1 1 0 1 0 0.1 0.2 2', '25']
            lines += [f'{x * (v + 1)} 1 3' + ' 0' * 9 for v in range(25)]
        return lines

    one = ['2', *frame((1, 1)) * 2]
    files = {'S001C001P001R001A001': ['3', *frame((1, 1), (2, 5)), *frame((2, 6), (1, 2)), *frame()],
             'S001C002P003R001A060': one, 'S018C003P003R001A061': one, 'S001C001P001R001A004': one,
             'S001C001P001R001A002': ['2', '0', '0'], 'S001C001P001R001A003': one[:-1]}
    (tmp_path / 'raw').mkdir()
    for name, lines in files.items():
        (tmp_path / f'raw/{name}.skeleton').write_text('\n'.join(lines))
    (tmp_path / 'missing.txt').write_text('S001C001P001R001A004\n')
    return 'data/ntu_rgbd', 'raw', 'out.pkl'


@pytest.mark.parametrize('options, expected', [
    (['--workers', 2], [[1, 6, 0], [5, 2, 0]]),
    (['--workers', 1, '--persons', 'track'], [[1, 2, 0], [5, 6, 0]])])
def test_ntu60(call, ntu, options, expected):
    printed = call(*ntu, '--missing-list', 'missing.txt', *options).splitlines()
    train, val = load('xsub_train'), load('xsub_val')
    assert list(train) == ['S001C001P001R001A001'] and list(val) == ['S001C002P003R001A060']
    keypoint = train['S001C001P001R001A001']['keypoint']
    assert sorted(keypoint[:, :, 0, 0].tolist()) == expected  # by energy, of what is one person
    assert load('xview_val').keys() == train.keys() and load('xview_train').keys() == val.keys()
    assert printed[0] == 'out.pkl' and printed[2].split() == ['all', '2', '3', '5', '2']
    assert [line.strip() for line in printed[-6:]] == [
        'Left out: 4', '1 in a list of missing skeletons: S001C001P001R001A004',
        '1 not of the 60 classes: S018C003P003R001A061', '1 without any body: S001C001P001R001A002',
        '1 malformed or unreadable:', 'raw/S001C001P001R001A003.skeleton, line 57: expected a joint, '
        'but the file ends.']


def test_ntu120(call, fail, ntu, tmp_path):
    ntu += ('--benchmark', 120, '--workers', 1)
    assert fail(*ntu, '--strict') == (
        'error: raw/S001C001P001R001A003.skeleton, line 57: expected a joint, but the file ends. '
        'Without --strict it would be left out and counted.')
    assert not (tmp_path / 'out.pkl').exists()
    call(*ntu)
    assert load('xset_train').keys() == {'S018C003P003R001A061'}
    assert load('xset_val').keys() == {'S001C001P001R001A001', 'S001C002P003R001A060',
                                       'S001C001P001R001A004'}
    assert load('xsub_val')['S018C003P003R001A061']['label'] == 60


@pytest.mark.parametrize('options, num_frames', [([], 6), (['--form', '50frames'], 50)])
def test_pku_mmd(call, tmp_path, options, num_frames):
    frame = ' '.join([*map(str, range(75)), *['0'] * 75])
    for folder, text in (('skeleton', '\n'.join([frame] * 20)), ('label', '23,3,9,2\n1,30,40,2\n')):
        (tmp_path / folder).mkdir()
        for video in ('0002-L', '0291-M'):
            (tmp_path / f'{folder}/{video}.txt').write_text(text)
    (tmp_path / 'list.txt').write_text('Training videos:\n0002-L, 0003-L\nValidation videos:\n0291-M')
    printed = call('data/pku_mmd', 'skeleton', 'label', 'list.txt', 'out.pkl', '--workers', 1,
                   '--benchmark', 'xview', *options)
    annotation = load('xview_train')['0002-L_000']
    assert annotation['label'] == 22 and annotation['keypoint'].shape == (1, num_frames, 25, 3)
    assert load('xview_val').keys() == {'0291-M_000'}
    assert 'Left out: 3\n       1 without a skeleton file: 0003-L\n       2 malformed' in printed


def test_released_npy(call, tmp_path, capsys):
    data = np.random.default_rng(0).normal(size=(2, 3, 8, 25, 2)).astype(np.float32)
    splits = []
    for i, split in enumerate(('train', 'val')):
        paths = [tmp_path / f'{split}_{name}' for name in ('data.npy', 'label.pkl', 'num_frame.npy')]
        np.save(paths[0], data[i:i + 1])
        paths[1].write_bytes(pickle.dumps(([f'S00{i}.skeleton'], [i + 7])))
        np.save(paths[2], [5 + i])
        splits += ['--split', f'xsub_{split}', *paths]
    call('data/released_npy', 'out.pkl', '--workers', 1, *splits)
    for i, split in enumerate(('xsub_train', 'xsub_val')):
        annotation = load(split)[f'S00{i}']
        assert annotation['label'] == i + 7
        np.testing.assert_array_equal(annotation['keypoint'],
                                      data[i, :, :5 + i].transpose(3, 1, 2, 0))
    with pytest.raises(SystemExit):
        call('data/released_npy', 'out.pkl', '--split', 'xsub_train', 'train_data.npy')
    assert '--split takes NAME DATA.npy LABELS [NUM_FRAMES.npy]' in capsys.readouterr().err
