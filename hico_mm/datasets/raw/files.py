"""Raw files: finding them, and reading text so that every fault is named with its line."""
import logging
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
from mmengine.logging import print_log


class MalformedFile(ValueError):
    """A file that is not in its publisher's format, with the place of the fault in it."""

    def __init__(self, path: Path, where: str, problem: str) -> None:
        super().__init__(f'{path}, {where}: {problem}')


def walk_files(folder: Path) -> list[Path]:
    """List the files in a folder and all folders inside, sorted, also behind links to folders.

    Hidden ones are left out. A folder is entered once, however many links lead there. A link to nothing
    counts as a file.
    """
    files, entered = [], set()
    for parent, folders, names in os.walk(folder, onerror=_refuse_folder, followlinks=True):
        real = os.path.realpath(parent)
        folders[:] = [] if real in entered else sorted(x for x in folders if not x.startswith('.'))
        files += [] if real in entered else [Path(parent, x) for x in names if not x.startswith('.')]
        entered.add(real)
    return sorted(files)


def _refuse_folder(error: OSError) -> None:
    raise ValueError(f'The folder {error.filename} cannot be read ({error.strerror}). Make it '
                     'readable, or move it elsewhere.') from error


def find_files(folder: Path, suffix: str, what: str) -> dict[str, Path]:
    """Find the files in a folder and all folders inside, by their name without the suffix, sorted.

    Names and suffix may be in either case. The names returned are in upper case, as publishers write
    them.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f'{folder} is not a folder. Give the folder of {what}.')
    files = {}
    for path in walk_files(folder):
        if not path.name.lower().endswith(suffix):
            if not os.path.exists(path):
                print_log(f'{path} is a link to nothing and is left out.', 'current', logging.WARNING)
            continue
        first = files.setdefault(path.name[:-len(suffix)].upper(), path)
        if first is not path and os.path.realpath(first) != os.path.realpath(path):
            raise ValueError(f'{first} and {path} have the same name, but {what} need different '
                             'names. Give a folder with one of the two.')
    if not files:
        raise FileNotFoundError(f'There is no *{suffix} file in {folder}. Give the folder of {what}.')
    return files


def read_text(path: Path, what: str) -> str:
    """Read a list of names."""
    if not path.is_file():
        raise FileNotFoundError(f'{path} is not a file. Give {what}.')
    return path.read_text(encoding='utf-8-sig', errors='replace')


class LineReader:
    """Reads a text file from its first line to its last; a ``separator`` of None is white space.

    Windows line ends, a byte order mark and blank lines at the end are accepted. Every method raises
    ``MalformedFile`` if the next lines are not what it reads; ``what`` names them in the message.
    """

    def __init__(self, path: Path, separator: bytes | None = None) -> None:
        self.path = path
        self.separator = separator
        self.lines = path.read_bytes().removeprefix(b'\xef\xbb\xbf').rstrip().splitlines()
        self.at = 0  # lines read so far, which is also the number of the last one

    @property
    def num_left(self) -> int:
        return len(self.lines) - self.at

    def fault(self, problem: str) -> MalformedFile:
        """The error for a problem in the line last read."""
        return MalformedFile(self.path, f'line {self.at}', problem)

    def values(self, width: int, what: str) -> list[bytes]:
        """Read a line of as many values."""
        self.at += 1
        if self.at > len(self.lines):
            raise self.fault(f'expected {what}, but the file ends.')
        values = self.lines[self.at - 1].split(self.separator)
        if len(values) != width:
            raise self.fault(f'expected {what} of {width} value(s), got {len(values)}.')
        return values

    def count(self, what: str, expected: int | None = None) -> int:
        """Read a line that holds one whole number from 0, any or the expected one."""
        value, = self.values(1, what)
        if not value.isdigit():
            raise self.fault(f'expected {what}, got {_shown(value)}.')
        if expected is not None and int(value) != expected:
            raise self.fault(f'expected {expected} as {what}, got {int(value)}.')
        return int(value)

    def table(self, num_lines: int, width: int, keep: int, what: str) -> list[float]:
        """Read lines of ``width`` values and return the first ``keep`` of each, finite as float32.

        The other values need not be numbers. ``num_lines`` is at least 1.
        """
        rows = [line.split(self.separator) for line in self.lines[self.at:self.at + num_lines]]
        # Files have thousands of lines: all are checked at once, and only a fault is looked for by line.
        if len(rows) == num_lines and set(map(len, rows)) == {width}:
            with suppress(ValueError):
                numbers = [float(value) for row in rows for value in row[:keep]]
                if _are_finite(numbers):
                    self.at += num_lines
                    return numbers
        while True:
            for value in self.values(width, what)[:keep]:
                with suppress(ValueError):
                    if _are_finite([float(value)]):
                        continue
                raise self.fault(f'expected finite numbers in {what}, got {_shown(value)}.')

    def end(self) -> None:
        if num_left := self.num_left:
            self.at += 1
            raise self.fault(f'expected the end of the file, but {num_left} more line(s) follow.')


def _are_finite(numbers: list[float]) -> bool:
    with np.errstate(over='ignore'):
        return bool(np.isfinite(np.array(numbers, np.float32)).all())  # the type they are stored in


def _shown(value: bytes) -> str:
    return repr(value[:20].decode(errors='replace'))
