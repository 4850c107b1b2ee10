"""tools/data/npy.py, tools/infer.py and tools/visualization/plot_layout.py: one's own skeletons."""
import io
import json
import pickle
import re
import shutil
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope

from hico_mm.apis import SkeletonInferencer, WindowResult
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.datasets.transforms import MapJoints

CONFIG = '''
_base_ = 'hico_mm::hico_demo.py'
model = dict(backbone=dict(hidden_channels=8, num_granularities=2), queue=dict(length=64))
'''


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """Skeletons of a pose lifter in folders of classes, a small encoder, and a new recording."""
    folder = tmp_path_factory.mktemp('lifted')
    mapping = MapJoints('nturgb+d', 'h36m')
    for number, annotation in enumerate(make_sequences(6, num_classes=2)):
        keypoint = mapping(dict(keypoint=annotation['keypoint'][:1].astype(np.float32)))['keypoint'][0]
        path = folder / f"recordings/{('walk', 'wave')[annotation['label']]}/{number}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, keypoint - keypoint[:, :1])
    new = np.load(folder / 'recordings/walk/0.npy')[:40]
    np.save(folder / 'new.npy', new)
    (folder / 'small.py').write_text(CONFIG)
    torch.manual_seed(3)
    init_default_scope('mmaction')
    model = MODELS.build(Config.fromfile(str(folder / 'small.py')).model)
    torch.save(dict(state_dict=model.state_dict()), folder / 'small.pth')
    return folder


@pytest.fixture
def lifted(files, tmp_path):
    return Path(shutil.copytree(files, tmp_path, dirs_exist_ok=True))


def test_from_arrays_to_a_classifier(call, lifted):
    printed = call('data/npy', 'recordings', 'own.pkl', '--from', 'h36m', '--to', 'nturgb+d',
                   '--val', 0.3, '--config', 'small.py')
    assert printed == ('own.pkl: sequences: train 4, val 2; joints: 25; classes: walk, wave\n'
                       'own.py: the config of tools/train.py --task and tools/test.py on them\n')
    content = pickle.loads((lifted / 'own.pkl').read_bytes())
    assert content['annotations'][0]['keypoint'].shape[2:] == (25, 3)

    printed = call('infer', 'small.py', 'small.pth', 'new.npy', '--from', 'h36m', '--gallery', 'own.pkl',
                   '--gallery-split', 'train', '--window', 32, '-k', 2, '--out', 'near.json')
    printed = printed.splitlines()
    assert printed[0].startswith('new [0, 32)  w') and printed[-1] == 'near.json: 2 results'
    assert len(printed) == 2 * 3 + 1
    records = json.loads((lifted / 'near.json').read_text())
    assert [(record['start'], record['end']) for record in records] == [(0, 32), (8, 40)]

    printed = call('infer', 'small.py', 'small.pth', 'own.pkl', '--out', 'features.npz').splitlines()
    assert len(printed) == 7 and printed[-1] == 'features.npz: 6 results'
    assert np.load(lifted / 'features.npz')['feature'].shape == (6, 32)

    call('train', 'own.py', '--task', 'finetune', '--cfg-options', 'load_from=small.pth',
         'train_cfg.max_epochs=1', 'train_dataloader.num_workers=0', 'val_dataloader.num_workers=0')
    work_dir = 'work_dirs/own_finetune'
    printed = call('infer', f'{work_dir}/own_finetune.py', f'{work_dir}/epoch_1.pth', 'new.npy',
                   '--from', 'h36m', '--out', 'scores.npz').splitlines()
    assert printed[0].startswith('new [0, 40)  w')
    assert 'walk 0.' in printed[0] and 'wave 0.' in printed[0]
    assert np.load(lifted / 'scores.npz')['scores'].shape == (1, 2)


def test_axes_in_another_order(call, lifted):
    usual = call('infer', 'small.py', 'small.pth', 'new.npy', '--from', 'h36m')
    arrays = [lifted / 'new.npy', *lifted.glob('recordings/*/*.npy')]
    for path in arrays:
        np.save(path, np.load(path).swapaxes(0, -1))
    assert call('infer', 'small.py', 'small.pth', 'new.npy', '--from', 'h36m', '--order', 'CVT') == usual
    call('data/npy', 'recordings', 'own.pkl', '--from', 'h36m', '--order', 'CVT')


def test_gaps_are_filled_on_request(call, fail, lifted):
    path = lifted / 'recordings/walk/0.npy'
    broken = np.load(path)
    broken[5:7, 3] = np.nan
    np.save(path, broken)
    for argv in (('data/npy', 'recordings', 'own.pkl', '--from', 'h36m'),
                 ('infer', 'small.py', 'small.pth', path, '--from', 'h36m')):
        for longest in (0, 1):
            assert re.search(r'0\.npy.*: .*NaN', fail(*argv, '--fill-gaps', longest))
        call(*argv, '--fill-gaps', 2)
    keypoint, = [x['keypoint'] for x in pickle.loads((lifted / 'own.pkl').read_bytes())['annotations']
                 if x['frame_dir'] == 'walk/0']
    middle = keypoint[0, 4, 3] + (keypoint[0, 7, 3] - keypoint[0, 4, 3]) * np.float32([[1], [2]]) / 3
    np.testing.assert_allclose(keypoint[0, 5:7, 3], middle, atol=1e-6)


def test_a_stream_from_standard_input(call, lifted, monkeypatch):
    frames = np.load(lifted / 'new.npy').round(4)
    lines = [json.dumps(x.tolist()) for x in frames]
    monkeypatch.setattr(sys, 'stdin', io.StringIO('\n'.join([*lines[:3], '', ' ', *lines[3:], '', ''])))
    printed = call('infer', 'small.py', 'small.pth', '-', '--from', 'h36m', '--window', 32).splitlines()
    assert [line.split('  ')[0] for line in printed] == ['stream [0, 32)', 'stream [8, 40)']


@pytest.mark.parametrize('last, end', [
    ('no frame', '^error: Line 3 of the standard input is no frame in JSON'), (None, '^130$')])
def test_what_came_before_the_end_of_a_stream_is_written(call, lifted, monkeypatch, last, end):
    frame = json.dumps(np.load(lifted / 'new.npy')[0].tolist())

    def lines():
        yield from (frame, frame)
        if last is None:
            raise KeyboardInterrupt
        yield last

    monkeypatch.setattr(sys, 'stdin', lines())
    with pytest.raises(SystemExit, match=end):
        call('infer', 'small.py', 'small.pth', '-', '--from', 'h36m', '--window', 2, '--out', 'seen.npz')
    assert np.load(lifted / 'seen.npz')['end'].tolist() == [2]


def test_a_stream_without_end_is_not_kept(call, lifted, monkeypatch):
    seen = []

    def stream(self, frames):
        for number in range(4):
            assert sum(result() is not None for result in seen) <= 1  # the latest
            result = WindowResult('stream', number, number + 1, np.ones(2))
            seen.append(weakref.ref(result))
            yield result

    monkeypatch.setattr(SkeletonInferencer, 'stream', stream)
    assert len(call('infer', 'small.py', 'small.pth', '-').splitlines()) == 4


@pytest.mark.parametrize('argv, message', [
    (['new.npy'], r'17 joints, but 25 \(nturgb\+d\) are expected. .*by --from'),
    (['new.npy', '--from', 'h36m', '--out', 'a.json'], 'a.json would be empty'),
])
def test_what_does_not_fit_is_refused(fail, lifted, argv, message):
    assert re.match(f'error: .*{message}', fail('infer', 'small.py', 'small.pth', *argv))


@pytest.mark.parametrize('argv, message', [
    (['own.pkl', '--to', 'nturgb+d'], '--to, --axes and --scale need --from'),
    (['own.pkl', '--pretrain'], 'There are 4 sequences to pre-train on'),
    (['own.txt'], 'OUT is own.txt, but MMAction2 reads annotation files that end with .pkl'),
    (['own.pkl', '--from', 'h36m', '--config', 'small.py'],
     'error: The sequences have 17 joints, but the encoder'),
    (['own.pkl', '--from', 'h36m', '--config', 'small.py', '--to', 'nturgb+d', '--pretrain'],
     'error: There are 4 sequences to pre-train on, but at least'),
])
def test_nothing_is_converted_if_options_or_sequences_do_not_fit(fail, lifted, capsys, argv, message):
    assert message in f"{fail('data/npy', 'recordings', *argv)} {capsys.readouterr().err}"
    assert not [*lifted.glob('own.*')]


def test_layouts_are_drawn_and_listed(call, fail, lifted):
    layout = ['visualization/plot_layout', '--out', 'layout.png', '--from']
    *table, last = call(*layout, 'h36m').splitlines()
    assert table[7].split() == ['7', 'left_hand', '13', 'left_wrist']
    assert last == 'layout.png: h36m to nturgb+d'
    assert (lifted / 'layout.png').read_bytes().startswith(b'\x89PNG')
    array = ['--array', 'new.npy']
    assert call(*layout, 'h36m', *array, '--frame', 3, '--scale', 1000).startswith(
        'Warning: A body measures about')
    for argv, message in ((['h36m', '--array', 'gone.npy'], '--array gone.npy does not exist'),
                          (['h36m', *array, '--frame', '40'], '--frame 40 is out of range: there'),
                          (['smpl', *array], "new.npy, frame 0, layout 'smpl': .* has 17 joints")):
        assert re.match(f'error: {message}', fail(*layout, *argv))
