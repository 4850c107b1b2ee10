import runpy
import shutil
from pathlib import Path

import pytest

from hico_mm.utils import packaged

ROOT = Path(__file__).parents[2]


def test_a_checkout_has_them_beside_the_package():
    assert packaged.CONFIGS == ROOT / 'configs' and packaged.TOOLS == ROOT / 'tools'


def test_an_installed_package_has_them_inside(tmp_path):
    (tmp_path / 'hico_mm/.mim').mkdir(parents=True)
    (tmp_path / 'hico_mm/utils').mkdir()
    installed = runpy.run_path(shutil.copy(packaged.__file__, tmp_path / 'hico_mm/utils'))
    assert installed['CONFIGS'] == tmp_path / 'hico_mm/.mim/configs'
    assert installed['TOOLS'] == tmp_path / 'hico_mm/.mim/tools'


@pytest.mark.parametrize(
    'name', ['hico_demo', 'hico_demo.py', 'configs/hico_demo', 'configs/hico_demo.py', './hico_demo'])
def test_own_configs_are_found_from_anywhere(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert packaged.find_config(name) == str(ROOT / 'configs/hico_demo.py')


def test_a_file_comes_before_an_own_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'hico_demo.py').touch()
    assert packaged.find_config('hico_demo.py') == 'hico_demo.py'
    assert packaged.find_config(str(tmp_path / 'hico_demo.py')) == str(tmp_path / 'hico_demo.py')


@pytest.mark.parametrize('path, advice', [
    ('hico_dmo', r"Did you mean one of \['hico_demo'"),
    ('elsewhere/hico_demo.py', r"Did you mean one of \['hico_demo'"),
    ('/hico_demo.py', r"Did you mean one of \['hico_demo'"),
    ('hico_demo.yaml', r"Did you mean one of \['hico_demo'"),
    ('zzzzzz', r'Name a file, or one of them as hico_demo\.'),
    ('', r'Name a file, or one of them as hico_demo\.'),
])
def test_says_what_there_is_instead(tmp_path, monkeypatch, path, advice):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f'Config file {path} does not exist .*{advice}'):
        packaged.find_config(path)
