"""Deliberate faults, each with the tests that have to find it: ``python tests/mutations.py [FILE ...]``.

They stand in mutations.txt: a line with the file and its tests, what stands there once (-), and what
replaces it (+). One at a time is put into a copy of the project, where its tests then run. A FILE may be
part of a path. The exit code is 1 if one survives.
"""
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

# What takes long to import is imported once, for all forks. Nothing of the project is.
import mmaction.registry  # noqa: F401
import mmengine.runner  # noqa: F401
import pytest

ROOT = Path(__file__).parents[1]


class Mutation(NamedTuple):
    """A fault in a file: ``new`` in the place of ``old``, to be found by ``tests``."""

    file: str
    tests: str
    old: str
    new: str


def read_mutations() -> list[Mutation]:
    """Read mutations.txt."""
    mutations = []
    for block in (ROOT / 'tests/mutations.txt').read_text(encoding='utf-8').strip().split('\n\n'):
        title, *lines = (line for line in block.splitlines() if not line.startswith('#'))
        old, new = ('\n'.join(line[2:] for line in lines if line[0] == sign) for sign in '-+')
        mutations.append(Mutation(*title.split(maxsplit=1), old, new))
    return mutations


def run_tests(copy: Path, tests: str) -> int:
    """Run tests of a copy in a fork; return pytest's exit code."""
    child = os.fork()
    if child == 0:
        with open(os.devnull, 'w') as nothing:
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
        os.chdir(copy)
        os.environ['PYTHONPATH'] = str(copy)
        sys.dont_write_bytecode = True
        sys.path[0] = str(copy)
        os._exit(pytest.main(['-qx', '-n', '0', '-p', 'no:cacheprovider', *tests.split()]))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def is_caught(copy: Path, mutation: Mutation) -> bool:
    """Whether the tests fail with the fault in place."""
    file = copy / mutation.file
    text = file.read_text(encoding='utf-8')
    if (count := text.count(mutation.old)) != 1:
        sys.exit(f'{mutation.file} has {count} times {mutation.old!r}, expected once. Correct the list.')
    file.write_text(text.replace(mutation.old, mutation.new), encoding='utf-8')
    code = run_tests(copy, mutation.tests)
    file.write_text(text, encoding='utf-8')
    if code not in (0, 1, 2):  # 1: a test failed; 2: a file could not be imported
        sys.exit(f'{mutation.tests} did not run: exit code {code} of pytest. Correct the list.')
    return code != 0


def main() -> None:
    """Run the script."""
    parts = sys.argv[1:] or ['']
    chosen = [mutation for mutation in read_mutations() if any(part in mutation.file for part in parts)]
    if not chosen:
        sys.exit(f'No mutation is in a file whose path has any of {parts}. Name one of mutations.txt.')
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, 'copy')
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns('.git', 'work_dirs', '__pycache__'))
        if code := run_tests(copy, ' '.join({mutation.tests for mutation in chosen})):
            sys.exit(f'The tests fail without any fault: exit code {code} of pytest. Mend that first.')
        for mutation in chosen:
            caught = is_caught(copy, mutation)
            survivors += not caught
            print(f"{'caught  ' if caught else 'SURVIVED'} {mutation.file}: {mutation.old!r} -> "
                  f'{mutation.new!r}', flush=True)
    print(f'{len(chosen) - survivors} of {len(chosen)} caught')
    sys.exit(survivors > 0)


if __name__ == '__main__':
    main()
