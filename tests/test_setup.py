"""What setup.py packs."""
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def files(*folders, base=ROOT):
    return {path.relative_to(base).as_posix() for folder in folders
            for path in (base / folder).rglob('*') if path.is_file() and path.suffix != '.pyc'}


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    """A folder with lib/, which becomes the wheel, and SOURCES.txt, which lists what the sdist holds."""
    pytest.importorskip('setuptools')
    folder = tmp_path_factory.mktemp('built')
    removed = folder / 'lib/hico_mm/.mim/configs/removed.py'  # packed by an earlier build
    removed.parent.mkdir(parents=True)
    removed.write_text('')
    commands = ['egg_info', '--egg-base', folder, 'build', '--build-base', folder]
    subprocess.run([sys.executable, 'setup.py', '-q', *commands], cwd=ROOT, check=True)
    return folder


def test_wheel_holds_configs_and_tools(built):
    mim = built / 'lib/hico_mm/.mim'
    assert files('.', base=mim) == files('configs', 'tools')


def test_wheel_holds_the_package(built):
    assert files('hico_mm') | files('hico_mm/.mim', base=built / 'lib') == files('.', base=built / 'lib')


def test_sdist_holds_all(built):
    sources = (built / 'hico_mm.egg-info/SOURCES.txt').read_text().splitlines()
    assert set(sources) >= files('hico_mm', 'configs', 'tools', 'tests') | {
        'LICENSE', 'README.md', 'setup.py', '.pytest.ini'}
