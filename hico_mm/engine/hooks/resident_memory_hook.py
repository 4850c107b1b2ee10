"""Memory in the log of a run without GPU."""
import os
import sys
from pathlib import Path

from mmaction.registry import HOOKS
from mmengine.device import get_device
from mmengine.hooks import Hook
from mmengine.runner import Runner

STATM = Path('/proc/self/statm')


def resident_megabytes() -> int:
    """Measure the resident memory of this process, on a POSIX system.

    Returns:
        int: Memory in MiB; the largest so far where the system does not tell the current one.
    """
    if STATM.exists():
        resident_pages = int(STATM.read_text().split()[1])
        return resident_pages * os.sysconf('SC_PAGE_SIZE') // 2**20
    import resource  # absent on Windows
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == 'darwin' else 2**10)  # bytes there, KiB elsewhere


@HOOKS.register_module()
class ResidentMemoryHook(Hook):
    """Logs the resident memory of the main process as ``memory``, in MiB.

    Does nothing on a GPU, whose memory MMEngine's ``LogProcessor`` logs by the same name, and on
    Windows.
    """

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None,
                         outputs: dict | None = None) -> None:
        """Record the memory after each iteration, before ``LoggerHook`` reads it."""
        if get_device() == 'cpu' and os.name == 'posix':
            runner.message_hub.update_scalar('train/memory', resident_megabytes())
