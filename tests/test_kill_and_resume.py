"""A training that is killed and resumed ends as one that is left alone: ``python -m pytest -m slow``.

Compared to the last bit are all checkpoints (model, queues, optimizer, schedule, best result, history of
the log) and every logged iteration and evaluation. This holds on CPUs; GPUs may differ by themselves.
"""
import json
import os
import re
import runpy
import shutil
import signal
import sys
import time
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from hico_mm.benchmark.smoke import shrink
from hico_mm.utils import load_checkpoint_file, load_config

TRAIN = Path(__file__).parents[1] / 'tools/train.py'
KILLS, AIMED, MAX_TRIES = 4, 2, 20
EPOCHS, STEPS, INTERVAL = 6, 3, 2
OPTIONS = [
    'model.backbone.hidden_channels=16', 'model.queue.length=32', f'train_cfg.max_epochs={EPOCHS}',
    'train_cfg.val_interval=2', f'default_hooks.checkpoint.interval={INTERVAL}',
    'default_hooks.logger.interval=1', 'train_dataloader.batch_size=16',
    f'train_dataloader.dataset.dataset.num_sequences={16 * STEPS}',
    'val_dataloader.dataset.num_sequences=24', 'val_dataloader.num_workers=0',
    'val_cfg.gallery_dataloader.dataset.num_sequences=24', 'val_cfg.gallery_dataloader.num_workers=0']
# What differs between any two runs: names, clocks, memory.
OWN_META = {'cfg', 'experiment_name', 'time'}
# The message hub's epoch and iteration are those that began last; `meta` has those of the weights.
OWN_INFO = {'cfg', 'experiment_name', 'eta', 'epoch', 'iter'}
OWN_SCALARS = {'time', 'data_time', 'memory'}


def train(work_dir: Path, output: Path, num_workers: int, *arguments: str) -> None:
    """Train in a fork of the tests' process, as the head of a process group; output goes to a file."""
    os.setsid()
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.argv = [str(TRAIN), 'hico_demo', '--work-dir', str(work_dir), *arguments,
                '--cfg-options', *OPTIONS, f'train_dataloader.num_workers={num_workers}',
                f'train_dataloader.persistent_workers={num_workers > 0}']
    with open(1, 'w', buffering=1, closefd=False) as sys.stdout, \
            open(2, 'w', buffering=1, closefd=False) as sys.stderr:
        runpy.run_path(str(TRAIN), run_name='__main__')


@contextmanager
def started(*args):
    """Start a training; kill it and its workers by ``kill -9`` when the block ends."""
    process = get_context('fork').Process(target=train, args=args)
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            os.killpg(process.pid, signal.SIGKILL)
        process.join()


def count_lines(output: Path) -> int:
    return output.read_bytes().count(b'\n') if output.exists() else 0


def train_to_end(work_dir: Path, output: Path, *args) -> list[float]:
    """Train; give the seconds after which each line was printed and, last, those at the end."""
    start, times = time.monotonic(), []
    with started(work_dir, output, *args) as process:
        while process.is_alive():
            time.sleep(0.005)
            times += [time.monotonic() - start] * (count_lines(output) - len(times))
    assert process.exitcode == 0, output.read_text()[-3000:]
    return [*times, time.monotonic() - start]


def kill_training(work_dir: Path, output: Path, num_workers: int, times: list[float], is_aimed: bool,
                  rng: np.random.Generator) -> bool:
    """Kill a training at a random moment, or if aimed, at the next writing of a checkpoint after it.

    The moment is drawn over the time of the reference and kept as a number of printed lines and the
    seconds since the last of them: the same point of the training when the machine is slower. Gives
    False if the training ended before.
    """
    drawn = rng.uniform(times[0], times[-1])
    lines = int(np.searchsorted(times, drawn, side='right'))
    seconds, due = drawn - times[lines - 1], None
    with started(work_dir, output, num_workers) as process:
        while process.is_alive():
            now = time.monotonic()
            if due is None and count_lines(output) >= lines:
                due = now + seconds
            is_due = due is not None and now >= due
            if is_due and (not is_aimed or any(work_dir.glob('.*.tmp'))):
                break
            time.sleep(0.0005 if is_due else 0.005)  # a small checkpoint is written in milliseconds
    return process.exitcode == -signal.SIGKILL


def read_log(work_dir: Path) -> dict[str, set[str]]:
    """Read what was logged of each iteration and evaluation: once, unless a resumed run differed."""
    log = {}
    for path in sorted(work_dir.glob('*/vis_data/scalars.json')):
        for line in path.read_text().splitlines():
            if line.endswith('}'):  # the last line of a killed training may be incomplete
                record = json.loads(line)
                name = f"{'iteration' if 'epoch' in record else 'evaluation'} {record['step']}"
                own = {key: value for key, value in record.items() if key not in OWN_SCALARS}
                log.setdefault(name, set()).add(json.dumps(own, sort_keys=True))
    return log


def read_end(work_dir: Path) -> dict[str, Any]:
    """Read all that should be the same after two trainings by the same config."""
    end = dict(log=read_log(work_dir))
    for path in work_dir.glob('*.pth'):
        checkpoint = load_checkpoint_file(path)
        hub = checkpoint['message_hub']
        info = {key: value.replace(str(work_dir), '') if isinstance(value, str) else value
                for key, value in hub['runtime_info'].items() if key not in OWN_INFO}
        scalars = {key: value for key, value in hub['log_scalars'].items()
                   if key.split('/')[-1] not in OWN_SCALARS}
        meta = {key: value for key, value in checkpoint['meta'].items() if key not in OWN_META}
        end[path.name] = {**checkpoint, 'meta': meta,
                          'message_hub': dict(runtime_info=info, log_scalars=scalars)}
    return end


def leaves(state: Any, name: str = '') -> dict[str, Any]:
    """Flatten nested containers: name -> bits of an array with dtype and shape, or text of a value."""
    if isinstance(state, HistoryBuffer):
        state = list(state.data)
    if isinstance(state, np.ndarray):
        state = torch.as_tensor(state)
    if isinstance(state, torch.Tensor):
        return {name: (state.dtype, state.shape, state.flatten().view(torch.uint8).tolist())}
    if isinstance(state, dict | list | tuple):
        children = state.items() if isinstance(state, dict) else enumerate(state)
        return {name: f'{type(state).__name__} of {len(state)}'} | {
            key: value for child, its_state in children
            for key, value in leaves(its_state, f'{name}/{child}').items()}
    return {name: repr(state)}  # text, because NaN is not equal to itself


def differences(expected: Any, found: Any) -> list[str]:
    """Name all leaves that are not the same to the last bit, or missing in one of the two."""
    expected, found = leaves(expected), leaves(found)
    return [name for name in expected | found if expected.get(name) != found.get(name)]


ONES = torch.ones(2)


@pytest.mark.parametrize('expected, found, names', [
    (dict(a=[1, (ONES, float('nan'))]), dict(a=[1, (ONES.clone(), float('nan'))]), []),
    (dict(a=[1, (1, torch.tensor(0.))], b=HistoryBuffer([1., 2.], [1, 1]), c=1, d=ONES),
     dict(a=[1., (1, torch.tensor(-0.))], b=HistoryBuffer([1., 3.], [1, 1]), d=ONES[None]),
     ['', '/a/0', '/a/1/1', '/b/0', '/c', '/d'])])
def test_differences_are_seen_to_the_last_bit(expected, found, names):
    assert differences(expected, found) == names


@pytest.mark.slow
@pytest.mark.parametrize('num_workers', [0, 2])
def test_killed_and_resumed_trainings_end_as_the_one_left_alone(tmp_path, num_workers):
    times = train_to_end(tmp_path / 'reference', tmp_path / 'reference.txt', num_workers)
    expected = read_end(tmp_path / 'reference')
    assert sum(name.startswith('iteration') for name in expected['log']) == EPOCHS * STEPS
    assert {'epoch_4.pth', 'epoch_6.pth'} <= expected.keys()

    rng, inside = np.random.default_rng(num_workers), 0
    for trial, is_aimed in enumerate(rng.permutation(KILLS) < AIMED):
        for attempt in range(MAX_TRIES):  # a moment after the last checkpoint is missed
            work_dir, output = (tmp_path / f'{trial}_{attempt}{end}' for end in ('', '.txt'))
            if kill_training(work_dir, output, num_workers, times, is_aimed, rng):
                break
        else:
            pytest.fail(f'The training ended by itself in {MAX_TRIES} tries to kill it.')
        writing = [path.name for path in work_dir.glob('.*.tmp')]
        inside += bool(writing)
        saved = max((int(path.stem[6:]) for path in work_dir.glob('epoch_*.pth')), default=0)
        done = sum(name.startswith('iteration') for name in read_log(work_dir))

        time.sleep(1)  # MMEngine names the folder of a log by the second
        train_to_end(work_dir, tmp_path / 'resumed.txt', num_workers, '--resume')
        resumed = re.search(r'resumed epoch: (\d+)', (tmp_path / 'resumed.txt').read_text())
        epoch = int(resumed[1]) if resumed else 0
        print(f'{num_workers} workers, trial {trial}: killed after {done} iterations, '
              f'writing {writing}; resumed from epoch {epoch}')
        assert epoch == saved, 'a checkpoint was lost'
        assert done - epoch * STEPS <= INTERVAL * STEPS, 'repeated more than since the last checkpoint'
        assert differences(expected, read_end(work_dir)) == []
    assert inside > 0, 'no training was killed while it wrote a checkpoint'


@pytest.mark.slow
@pytest.mark.parametrize('method', ['skeletonclr', 'crossclr', 'aimclr', 'isc', 'ascal'])
def test_rivals_resumed_between_their_stages_end_as_those_left_alone(tmp_path, run_script, method):
    cfg = shrink(load_config(f'{method}_demo'))  # of two epochs, of which each is a stage
    cfg.default_hooks.checkpoint.interval = 1
    cfg.dump(tmp_path / 'small.py')
    (tmp_path / 'parts').mkdir()
    for work_dir, options in (('whole', ()), ('parts', ('--resume', ))):
        run = run_script(TRAIN, 'small.py', '--work-dir', tmp_path / work_dir, *options, cwd=tmp_path)
        assert run.returncode == 0, run.stderr[-3000:]
        if work_dir == 'whole':
            shutil.copy(tmp_path / 'whole/epoch_1.pth', tmp_path / 'parts')
    whole, parts = (
        load_checkpoint_file(tmp_path / f'{name}/epoch_2.pth') for name in ('whole', 'parts'))
    for part in ('state_dict', 'optimizer', 'param_schedulers'):
        assert differences(whole[part], parts[part]) == []
