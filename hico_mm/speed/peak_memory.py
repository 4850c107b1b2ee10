"""How much memory a piece of work takes on top of what is there before."""
import ctypes
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch

CLEAR_REFS = Path('/proc/self/clear_refs')
# Ctrl-C is for the process that asks.
CHILD = ('import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); '
         f'from {__name__} import _answer; _answer()')


def peak_mebibytes(make_work: Callable[[], Callable[[], None]], device: str) -> float | None:
    """Most memory that a piece of work takes at a time.

    On the CPU it is done in a process of its own, which gives back each large tensor when it is freed.
    In this one, where earlier work left gaps in the heap, tensors that never lived together would count
    together.

    Args:
        make_work (Callable): Makes what to measure, without arguments. It is pickled, so it has to be a
            function of a module that can be imported, or a ``functools.partial`` of one.
        device (str): ``'cpu'`` for the memory of the process, else a GPU.

    Returns:
        float | None: MiB at the peak, less those at the start, of the second time it is done: the first
        takes what is taken once. None on the CPU of another system than Linux.

    Raises:
        subprocess.CalledProcessError: If the work fails on the CPU; its own error is printed.
    """
    if device != 'cpu':
        return _peak_of_gpu(make_work(), device)
    if not CLEAR_REFS.exists():
        return None
    environment = dict(
        os.environ, OMP_NUM_THREADS=str(torch.get_num_threads()),
        MALLOC_MMAP_THRESHOLD_=str(2**17))  # glibc's own, which stays where it is once it is given
    done = subprocess.run([sys.executable, '-c', CHILD], env=environment,
                          input=pickle.dumps(make_work), stdout=subprocess.PIPE, check=True)
    return float(done.stdout.split()[-1])


def _peak_of_gpu(work: Callable[[], None], device: str) -> float:
    work()
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    work()
    return (torch.cuda.max_memory_allocated(device) - before) / 2**20


def _answer() -> None:
    """In the process of the work: read what to measure, do it and print what it took."""
    work = pickle.load(sys.stdin.buffer)()
    work()
    ctypes.CDLL(None).malloc_trim(0)  # give back what was freed earlier
    CLEAR_REFS.write_text('5')  # restart the kernel's record of the peak
    before = _kibibytes('VmRSS')
    work()
    print((_kibibytes('VmHWM') - before) / 2**10)


def _kibibytes(name: str) -> int:
    """Read a size from what Linux says of this process."""
    status = Path('/proc/self/status').read_text()
    return int(re.search(rf'^{name}:\s+(\d+) kB', status, re.MULTILINE)[1])
