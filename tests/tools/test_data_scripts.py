"""tools/data: from raw files to a data set that trains, by one command."""
import pickle
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from hico_mm.datasets import SkeletonDataset

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a script; return what it printed."""
    def run_script(name, *argv):
        monkeypatch.setattr(sys, 'argv', [name, *map(str, argv)])
        runpy.run_path(str(ROOT / f'tools/data/{name}.py'), run_name='__main__')
        return capsys.readouterr().out

    return run_script


def load(out, split):
    """Sequences of a split by name, as the data set of the configs gives them."""
    dataset = SkeletonDataset(str(out), pipeline=[], split=split, num_joints=25, num_coords=3,
                              serialize_data=False)
    return {x['frame_dir']: x for x in map(dataset.get_data_info, range(len(dataset)))}


def left_out(summary):
    """Lines below the table, without their indent."""
    lines = [line.strip() for line in summary.splitlines()]
    return lines[next(i for i, line in enumerate(lines) if line.startswith('Left out')):]


@pytest.fixture
def ntu(tmp_path):
    """Three recordings of 4 frames, one without a body, one truncated, one in the missing list."""
    folder = tmp_path / 'nturgb+d_skeletons'
    folder.mkdir()

    def frame(*bodies):
        lines = [str(len(bodies))]
        for body_id, x in bodies:
            lines += [f'{body_id} 0 1 1 0 1 0 0.1 0.2 2', '25']
            lines += [f'{x * (v + 1)} 1 3' + ' 0' * 9 for v in range(25)]
        return lines

    two = frame((1, 1), (2, 5)) + frame((2, 6), (1, 2)) + frame((1, 3)) + frame()
    texts = {
        'S001C001P001R001A001': ['4', *two],
        'S001C002P003R001A060': ['4', *frame((1, 1)) * 4],
        'S018C003P003R001A061': ['4', *frame((1, 1)) * 4],
        'S001C001P001R001A002': ['2', '0', '0'],
        'S001C001P001R001A003': ['4', *frame((1, 1)) * 4][:-1],
        'S001C001P001R001A004': ['4', *frame((1, 1)) * 4],
    }
    for name, lines in texts.items():
        (folder / f'{name}.skeleton').write_bytes(('\r\n'.join(lines) + '\r\n').encode())
    (tmp_path / 'missing.txt').write_text('S001C001P001R001A004\n')
    return folder, tmp_path / 'ntu.pkl', '--missing-list', tmp_path / 'missing.txt'


@pytest.mark.parametrize('options, expected', [
    (['--workers', 2], [[1, 6, 3, 0], [5, 2, 0, 0]]),
    (['--workers', 1, '--persons', 'track'], [[5, 6, 0, 0], [1, 2, 3, 0]]),
])
def test_ntu60(run, ntu, options, expected):
    folder, out, *_ = ntu
    summary = run('ntu_rgbd', *ntu, *options)
    train = load(out, 'xsub_train')
    assert list(train) == ['S001C001P001R001A001']
    annotation = train['S001C001P001R001A001']
    assert (annotation['label'], annotation['total_frames'], annotation['subject']) == (0, 4, 1)
    keypoint = annotation['keypoint']
    assert keypoint.shape == (2, 4, 25, 3) and keypoint.dtype == np.float32
    # The order by energy depends on who is taken for one person.
    np.testing.assert_array_equal(sorted(keypoint[:, :, 0, 0].tolist()), sorted(expected))
    assert load(out, 'xview_val').keys() == train.keys()
    for split in ('xsub_val', 'xview_train'):
        annotation, = load(out, split).values()
        assert annotation['label'] == 59 and annotation['keypoint'].shape == (1, 4, 25, 3)
    assert summary.split()[:10] == [str(out), 'sequences', 'persons', 'frames', 'classes',
                                    'all', '2', '3', '8', '2']
    assert left_out(summary) == [
        'Left out: 4', '1 in a list of missing skeletons: S001C001P001R001A004',
        '1 not of the 60 classes: S018C003P003R001A061', '1 without any body: S001C001P001R001A002',
        '1 malformed or unreadable:', f'{folder}/S001C001P001R001A003.skeleton, line 113: expected a '
        'joint, but the file ends.']
    assert not list(out.parent.glob('*.pkl?*'))


def test_ntu120(run, ntu):
    folder, out, *_ = ntu
    run('ntu_rgbd', folder, out, '--benchmark', 120, '--workers', 1)
    assert load(out, 'xset_train').keys() == {'S018C003P003R001A061'}
    assert load(out, 'xset_val').keys() == {'S001C001P001R001A001', 'S001C002P003R001A060',
                                            'S001C001P001R001A004'}
    assert load(out, 'xsub_val')['S018C003P003R001A061']['label'] == 60


def test_errors_are_one_line(run, ntu, tmp_path):
    folder, out, *_ = ntu
    with pytest.raises(SystemExit) as stop:
        run('ntu_rgbd', *ntu, '--workers', 1, '--strict')
    assert stop.value.code == (
        f'error: {folder}/S001C001P001R001A003.skeleton, line 113: expected a joint, but the file ends. '
        'Without --strict it would be left out and counted.')
    assert not out.exists()
    with pytest.raises(SystemExit) as stop:
        run('ntu_rgbd', tmp_path / 'none', out)
    assert stop.value.code == (f'error: {tmp_path}/none is not a folder. Give the folder of the NTU '
                               'RGB+D skeletons.')


@pytest.mark.parametrize('options, num_frames', [([], 6), (['--form', '50frames'], 50)])
def test_pku_mmd(run, tmp_path, options, num_frames):
    for folder in ('skeleton', 'label'):
        (tmp_path / folder).mkdir()
    values = np.random.default_rng(0).normal(size=(20, 150)).round(3)
    values[:, 75:] = 0
    for video in ('0002-L', '0291-M'):
        (tmp_path / f'skeleton/{video}.txt').write_text(
            '\n'.join(' '.join(map(str, row)) for row in values))
        (tmp_path / f'label/{video}.txt').write_text('23,3,9,2\n1,30,40,2\n')
    (tmp_path / 'list.txt').write_text('Training videos: \n0002-L, 0003-L\nValidataion videos: \n'
                                       '0291-M')
    out = tmp_path / 'pku.pkl'
    summary = run('pku_mmd', tmp_path / 'skeleton', tmp_path / 'label', tmp_path / 'list.txt', out,
                  '--workers', 1, *options)
    annotation = load(out, 'xsub_train')['0002-L_000']
    assert annotation['label'] == 22 and annotation['total_frames'] == num_frames
    assert annotation['keypoint'].shape == (1, num_frames, 25, 3)
    if not options:
        np.testing.assert_array_equal(annotation['keypoint'][0].reshape(6, 75),
                                      values[3:9, :75].astype(np.float32))
    assert load(out, 'xsub_val').keys() == {'0291-M_000'}
    assert left_out(summary)[:3] == ['Left out: 3', '1 without a skeleton file: 0003-L',
                                     '2 malformed or unreadable:']


def test_released_npy(run, tmp_path):
    data = np.random.default_rng(0).normal(size=(2, 3, 8, 25, 2)).astype(np.float32)
    splits = []
    for i, split in enumerate(('train', 'val')):
        paths = [tmp_path / f'{split}_{name}' for name in ('data.npy', 'label.pkl', 'num_frame.npy')]
        np.save(paths[0], data[i:i + 1])
        paths[1].write_bytes(pickle.dumps(([f'S00{i}.skeleton'], [i + 7])))
        np.save(paths[2], [5 + i])
        splits += ['--split', f'xsub_{split}', *paths]
    run('released_npy', tmp_path / 'out.pkl', '--workers', 1, *splits)
    for i, split in enumerate(('xsub_train', 'xsub_val')):
        annotation = load(tmp_path / 'out.pkl', split)[f'S00{i}']
        assert annotation['label'] == i + 7 and annotation['total_frames'] == 5 + i
        np.testing.assert_array_equal(annotation['keypoint'],
                                      data[i, :, :5 + i].transpose(3, 1, 2, 0))


def test_released_npy_without_labels(run, tmp_path, capsys):
    with pytest.raises(SystemExit):
        run('released_npy', tmp_path / 'out.pkl', '--split', 'xsub_train', tmp_path / 'data.npy')
    assert '--split takes NAME DATA.npy LABELS [NUM_FRAMES.npy]' in capsys.readouterr().err
