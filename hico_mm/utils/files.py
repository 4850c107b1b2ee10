"""Files that are written as a whole or not at all."""
import errno
import os
import os.path as osp
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mmengine.fileio import LocalBackend, register_backend


@contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Open a file that takes its name only when it is complete and on disk.

    Until then the name stands for the earlier file. A failed write leaves nothing behind, a killed one a
    hidden file beside the earlier one. The folder is made if it does not exist.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, since a rename is atomic only within a file system.
    unfinished = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
    try:
        with open(unfinished, 'wb') as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError as error:
        if error.filename is not None or type(error) is not OSError:  # of a file that is read
            raise
        # A full disk, perhaps by NumPy's error, which has no number.
        raise OSError(
            error.errno or errno.ENOSPC, error.strerror or str(error), str(path)) from error
    finally:
        unfinished.unlink(missing_ok=True)


@register_backend('atomic')
class AtomicBackend(LocalBackend):
    """Local files whose bytes are written by :func:`atomic_write`.

    MMEngine writes checkpoints in place, so a run killed while it saves loses the earlier one too.
    ``checkpoint=dict(type='CheckpointHook', backend_args=dict(backend='atomic'))`` repairs that.
    """

    def put(self, obj: bytes, filepath: str | os.PathLike) -> None:
        """Write bytes to a file."""
        with atomic_write(filepath) as file:
            file.write(obj)


def check_file(path: str | os.PathLike, remedy: str, what: str = '') -> None:
    """Refuse a file that is not there; ``what`` it is begins the message, the remedy ends it."""
    if not osp.isfile(path):
        raise FileNotFoundError(
            f'{what} {path} does not exist (looked for {osp.abspath(path)}). {remedy}'.lstrip())


def check_writable(folder: str, option: str) -> None:
    """Make a folder, named by an option, and refuse it if no file can be written there."""
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(f'{osp.abspath(folder)} cannot be made or written ({error.strerror}). '
                         f'Name another place by {option}.') from error
