"""Text files of numbers, read so that every fault is named with its line."""
import math
from pathlib import Path
from typing import NoReturn


class MalformedFile(ValueError):
    """A file that is not in its publisher's format.

    Args:
        path (Path): The file.
        where (str): The place in it, such as ``'line 3'``.
        problem (str): What is there, and what was expected.
    """

    def __init__(self, path: Path, where: str, problem: str) -> None:
        super().__init__(f'{path}, {where}: {problem}')


class LineReader:
    """Reads a text file from its first line to its last.

    Windows line ends, a byte order mark and blank lines at the end are accepted.

    Args:
        path (Path): The file.
        separator (bytes, optional): What stands between two values. Defaults to None: white space.
    """

    def __init__(self, path: Path, separator: bytes | None = None) -> None:
        self.path = path
        self.separator = separator
        self.lines = path.read_bytes().removeprefix(b'\xef\xbb\xbf').rstrip().splitlines()
        self.at = 0  # lines read so far

    @property
    def num_left(self) -> int:
        """Number of lines not yet read."""
        return len(self.lines) - self.at

    def values(self, width: int, what: str) -> list[bytes]:
        """Read a line of values.

        Args:
            width (int): Number of values to expect.
            what (str): What the line is, for messages.

        Returns:
            list[bytes]: The values.

        Raises:
            MalformedFile: If there is no line, or not of so many values.
        """
        if not self.num_left:
            self._fail(f'the file ends where {what} is expected.')
        values = self.lines[self.at].split(self.separator)
        if len(values) != width:
            self._fail(f'{len(values)} value(s), where {what} has {width}.')
        self.at += 1
        return values

    def count(self, what: str) -> int:
        """Read a line that holds one whole number from 0.

        Args:
            what (str): What the number counts, for messages.

        Returns:
            int: The number.

        Raises:
            MalformedFile: If there is no line, or something else in it.
        """
        value, = self.values(1, what)
        if not value.isdigit():
            self._fail_before(f'{_shown(value)}, where {what} is expected.')
        return int(value)

    def constant(self, number: int, what: str) -> None:
        """Read a line that holds a known number.

        Args:
            number (int): The number to expect.
            what (str): What the number counts, for messages.

        Raises:
            MalformedFile: If there is no line, or something else in it.
        """
        found = self.count(what)
        if found != number:
            self._fail_before(f'{found}, where {what} is {number}.')

    def table(self, num_lines: int, width: int, keep: int, what: str) -> list[float]:
        """Read lines of the same number of values.

        Args:
            num_lines (int): Number of lines, at least 1.
            width (int): Number of values in each.
            keep (int): How many of them, from the first on, are wanted. The others need not be
                numbers.
            what (str): What a line is, for messages.

        Returns:
            list[float]: The wanted values, ``num_lines * keep``.

        Raises:
            MalformedFile: If there are fewer lines, or a line has another number of values, or a
                wanted one is not a finite number.
        """
        rows = [line.split(self.separator) for line in self.lines[self.at:self.at + num_lines]]
        try:
            numbers = [float(value) for row in rows for value in row[:keep]]
        except ValueError:
            numbers = [math.nan]
        # Checked all at once, since files have thousands of lines; then a fault is looked for.
        if (len(rows) < num_lines or set(map(len, rows)) != {width}
                or not all(map(math.isfinite, numbers))):
            self._find_fault(width, keep, what)
        self.at += num_lines
        return numbers

    def end(self) -> None:
        """Check that nothing is left.

        Raises:
            MalformedFile: If there are more lines.
        """
        if self.num_left:
            self._fail(f'{self.num_left} more line(s), where the end of the file is expected.')

    def _find_fault(self, width: int, keep: int, what: str) -> NoReturn:
        while True:
            for value in self.values(width, what)[:keep]:
                try:
                    finite = math.isfinite(float(value))
                except ValueError:
                    finite = False
                if not finite:
                    self._fail_before(f'{_shown(value)}, where {what} has a finite number.')

    def _fail_before(self, problem: str) -> NoReturn:
        self.at -= 1  # the fault is in the line just read
        self._fail(problem)

    def _fail(self, problem: str) -> NoReturn:
        raise MalformedFile(self.path, f'line {self.at + 1}', problem)


def _shown(value: bytes) -> str:
    return repr(value[:20].decode(errors='replace'))
