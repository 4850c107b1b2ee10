"""Deliberate faults, each with the tests that have to find it: ``python tests/mutations.py [FILE ...]``.

One at a time is put into a copy of the project, where its tests then run. A FILE may be part of a path.
The exit code is 1 if one survives.
"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

# (file, what stands there once, what replaces it, tests)
MUTATIONS = []


def is_caught(copy: Path, path: str, old: str, new: str, tests: str) -> bool:
    """Whether the tests fail with the fault in place."""
    file = copy / path
    text = file.read_text(encoding='utf-8')
    if text.count(old) != 1:
        sys.exit(f'{path} has {text.count(old)} times {old!r}, expected once. Correct the list.')
    file.write_text(text.replace(old, new), encoding='utf-8')
    try:
        run = subprocess.run(
            [sys.executable, '-m', 'pytest', '-qx', '-n', '0', '-p', 'no:cacheprovider', *tests.split()],
            cwd=copy, env={**os.environ, 'PYTHONPATH': str(copy)}, capture_output=True, text=True)
    finally:
        file.write_text(text, encoding='utf-8')
    if run.returncode not in (0, 1, 2):  # 1: a test failed; 2: a file could not be imported
        sys.exit(f'{tests} did not run:\n{run.stdout}{run.stderr}')
    return run.returncode != 0


def main() -> None:
    """Run the script."""
    chosen = [mutation for mutation in MUTATIONS
              if not sys.argv[1:] or any(part in mutation[0] for part in sys.argv[1:])]
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, 'copy')
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns('.git', 'work_dirs', '__pycache__'))
        for path, old, new, tests in chosen:
            caught = is_caught(copy, path, old, new, tests)
            survivors += not caught
            print(f"{'caught  ' if caught else 'SURVIVED'} {path}: {old!r} -> {new!r}", flush=True)
    print(f'{len(chosen) - survivors} of {len(chosen)} caught')
    sys.exit(survivors > 0)


if __name__ == '__main__':
    main()
