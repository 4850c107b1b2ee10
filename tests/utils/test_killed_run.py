import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from hico_mm.utils.killed_run import (
    Moment,
    describe_end,
    draw_moment,
    kill,
    run_to_end,
    run_until,
    started,
)

# Prints a line, and goes on for longer than a test.
LONG = 'import time; print(1, flush=True); time.sleep(60); print(2)'


def command(code):
    return [sys.executable, '-c', code]


@pytest.mark.parametrize('drawn, moment', [(1., (1, 0.)), (3., (2, 1.)), (4.5, (3, 0.5))])
def test_draw_moment(drawn, moment):

    def uniform(low, high):
        assert (low, high) == (1., 5.)
        return drawn

    assert draw_moment([1., 2., 4., 5.], SimpleNamespace(uniform=uniform)) == moment


def test_run_to_end(tmp_path):
    times = run_to_end(command('print(1); print(2)'), tmp_path / 'output')
    assert len(times) == 3 and times == sorted(times)
    assert (tmp_path / 'output').read_text() == '1\n2\n'


def test_failed_run(tmp_path):
    with pytest.raises(ValueError, match=f'exit status 3, after .*broken.*is in {tmp_path}/output'):
        run_to_end(command('print("broken"); raise SystemExit(3)'), tmp_path / 'output')


def test_run_until(tmp_path):
    assert run_until(command(LONG), tmp_path / 'output', Moment(1, 0.1)) > 0.1
    assert (tmp_path / 'output').read_text() == '1\n'
    assert run_until(command('print(1)'), tmp_path / 'output', Moment(2, 0)) is None


def test_run_until_a_file_is_being_written(tmp_path):
    code = f'''
import time
from pathlib import Path
print(1, flush=True)
time.sleep(0.2)
path = Path({str(tmp_path)!r}, 'half')
path.write_bytes(b'half')
path.rename(path.with_name('.epoch_1.pth.7.tmp'))  # it appears with all four bytes
time.sleep(60)
'''
    assert run_until(command(code), tmp_path / 'output', Moment(1, 0), tmp_path) > 0.2
    assert describe_end(tmp_path, '') == 'inside the writing of epoch_1.pth (4 bytes)'


@pytest.mark.skipif(not Path('/proc/self/stat').exists(), reason='needs the /proc of Linux')
def test_workers_are_killed_too(tmp_path):
    code = f'import subprocess, sys; subprocess.run([sys.executable, "-c", {LONG!r}])'
    with started(command(code), tmp_path / 'output') as process:
        while not (tmp_path / 'output').read_text():
            time.sleep(0.01)
        assert kill(process)
        assert not kill(process)
    # The kernel takes a moment to end it. Z: dead, but not yet fetched by its new parent.
    end = time.monotonic() + 60
    while set(states_of_group(process.pid)) - {'Z'}:
        assert time.monotonic() < end, 'the worker is alive'
        time.sleep(0.01)


def states_of_group(group):
    for path in Path('/proc').glob('[0-9]*/stat'):
        with suppress(OSError):
            state, _, its_group, *_ = path.read_text().rsplit(')', 1)[1].split()
            if int(its_group) == group:
                yield state


TRAIN = 'INFO - Epoch(train)  [2][ 3/12]  lr: 3.0000e-02\n'
VAL = 'INFO - Epoch(val) [2][1/1]    knn/top1: 0.2708\n'
SAVING = 'INFO - Saving checkpoint at 2 epochs\n'


@pytest.mark.parametrize('printed, end', [
    ('INFO - Hooks will be executed\n', 'starting'), (TRAIN, 'epoch 2, iteration 3/12'),
    (TRAIN + SAVING, 'epoch 2, saving or evaluating'), (SAVING + VAL, 'epoch 2, evaluated'),
    (VAL + TRAIN.replace('[2]', '[3]'), 'epoch 3, iteration 3/12')])
def test_describe_end(tmp_path, printed, end):
    assert describe_end(tmp_path, printed) == end
