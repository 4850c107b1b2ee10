"""How much memory a piece of work takes on top of what is there before."""
import ctypes
import re
from collections.abc import Callable
from pathlib import Path

import torch


def peak_mebibytes(work: Callable[[], None], device: str) -> float:
    """Most memory that a piece of work takes at a time.

    On the CPU these are resident pages: where earlier work has left gaps in the heap, the C library keeps
    what is freed into a gap, so that tensors which never lived together may count together. Measure in a
    process that has done little else.

    Args:
        work (Callable): What to measure. Run it once before, for memory that is taken once.
        device (str): ``'cpu'`` for the memory of this process (Linux only), else a GPU.

    Returns:
        float: MiB at the peak, less those at the start.
    """
    if device != 'cpu':
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        work()
        return (torch.cuda.max_memory_allocated(device) - before) / 2**20
    ctypes.CDLL(None).malloc_trim(0)  # give back what was freed earlier
    Path('/proc/self/clear_refs').write_text('5')  # restart the kernel's record of the peak
    before = _kibibytes('VmRSS')
    work()
    return (_kibibytes('VmHWM') - before) / 2**10


def _kibibytes(name: str) -> int:
    """Read a size from what Linux says of this process."""
    status = Path('/proc/self/status').read_text()
    return int(re.search(rf'^{name}:\s+(\d+) kB', status, re.MULTILINE)[1])
