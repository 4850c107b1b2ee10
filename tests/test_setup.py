"""What setup.py packs."""
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def files(*folders, base=ROOT):
    return {path.relative_to(base).as_posix() for folder in folders
            for path in (base / folder).rglob('*') if path.is_file() and path.suffix != '.pyc'}


def test_wheel_and_sdist_hold_all_that_is_needed(tmp_path):
    pytest.importorskip('setuptools')
    lib = tmp_path / 'lib'  # becomes the wheel
    removed = lib / 'hico_mm/.mim/configs/removed.py'  # packed by an earlier build
    removed.parent.mkdir(parents=True)
    removed.write_text('')
    commands = ['egg_info', '--egg-base', tmp_path, 'build', '--build-base', tmp_path]
    subprocess.run([sys.executable, 'setup.py', '-q', *commands], cwd=ROOT, check=True)

    assert files('.', base=lib / 'hico_mm/.mim') == files('configs', 'tools')
    assert files('.', base=lib) == files('hico_mm') | files('hico_mm/.mim', base=lib)
    in_sdist = (tmp_path / 'hico_mm.egg-info/SOURCES.txt').read_text().splitlines()
    assert set(in_sdist) >= files('hico_mm', 'configs', 'tools', 'tests') | {
        'LICENSE', 'README.md', 'setup.py', '.pytest.ini'}
