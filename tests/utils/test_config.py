import runpy
import shutil
from pathlib import Path

import pytest
from mmengine.config import Config

from hico_mm import paths
from hico_mm.utils import find_config, load_config

ROOT = Path(__file__).parents[2]


def test_configs_and_tools_are_beside_the_package_or_inside_if_it_is_installed(tmp_path):
    assert paths.CONFIGS == ROOT / 'configs' and paths.TOOLS == ROOT / 'tools'
    (tmp_path / '.mim').mkdir()
    installed = runpy.run_path(shutil.copy(paths.__file__, tmp_path))
    assert installed['CONFIGS'] == tmp_path / '.mim/configs'
    assert installed['TOOLS'] == tmp_path / '.mim/tools'


@pytest.mark.parametrize(
    'name', ['hico_demo', 'hico_demo.py', 'configs/hico_demo', 'configs/hico_demo.py', './hico_demo'])
def test_own_configs_are_found_from_anywhere(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert find_config(name) == str(ROOT / 'configs/hico_demo.py')


def test_a_file_comes_before_an_own_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'hico_demo.py').touch()
    assert find_config('hico_demo.py') == 'hico_demo.py'
    assert find_config(str(tmp_path / 'hico_demo.py')) == str(tmp_path / 'hico_demo.py')


@pytest.mark.parametrize('path, advice', [
    ('hico_dmo', r"Did you mean one of \['hico_demo'"),
    ('elsewhere/hico_demo.py', r"Did you mean one of \['hico_demo'"),
    ('hico_demo.yaml', r"Did you mean one of \['hico_demo'"),
    ('', r'Name a file, or one of them as hico_demo\.'),
])
def test_says_what_there_is_instead(tmp_path, monkeypatch, path, advice):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f'Config file {path} does not exist .*{advice}'):
        find_config(path)


@pytest.mark.parametrize('name, content, error, message', [
    ('c.py', "_base_ = 'nowhere.py'", FileNotFoundError, r'c.py is based on .*nowhere.py.*Correct'),
    ('c.txt', 'a = 1', ValueError, 'c.txt is no config file'),
    ('broken.py', 'model = dict(\n', ValueError, 'broken.py is no config file: '),
])
def test_refuses_other_files(tmp_path, name, content, error, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(error, match=message):
        load_config(str(tmp_path / name))
    with pytest.raises(FileNotFoundError, match=f'Config file {tmp_path} does not exist'):
        load_config(str(tmp_path))


@pytest.mark.parametrize('base, found', [
    ("'hico_mm::hico_demo.py'", 'MoCoRecognizer'),
    ("['hico_mm::ntu60/hico_ntu60_gru.py']", 'MoCoRecognizer'),
    ("'hico_mm::hico_ntu60_gru'", 'MoCoRecognizer'),
    ("['mmaction::_base_/schedules/sgd_50e.py', 'hico_mm::_base_/models/hico.py']", 'MoCoRecognizer'),
    ("'mmaction::_base_/models/tsn_r50.py'", 'Recognizer2D'),
    ("'hico_mm::hico_dmo.py'", r"based on a file that is missing: .*Did you mean one of \['hico_demo'"),
    ("'nowhere::a/b.py'", 'own.py cannot be read: mmengine does not support to load nowhere config'),
    ("['mmaction::_base_/default_runtime.py', 'hico_mm::hico_demo.py']",
     'Duplicate keys: .*Leave out the base whose entries another has'),
])
def test_a_config_is_based_on_one_of_a_package(tmp_path, base, found):
    (tmp_path / 'own.py').write_text(f'_base_ = {base}\nmodel = dict(backbone=dict(new=1))')
    if not found.isidentifier():
        with pytest.raises((FileNotFoundError, ValueError), match=found):
            load_config(str(tmp_path / 'own.py'))
        return
    cfg = load_config(str(tmp_path / 'own.py'))
    assert cfg.model.type == found and cfg.model.backbone.new == 1
    assert Config.fromfile(tmp_path / 'own.py').model == cfg.model
