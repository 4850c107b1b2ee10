import runpy
import shutil
from pathlib import Path

import pytest
from mmengine.config import Config

from hico_mm.utils import config as config_file
from hico_mm.utils import find_config, iter_dicts, load_config

ROOT = Path(__file__).parents[2]


def test_configs_and_tools_are_beside_the_package_or_inside_if_it_is_installed(tmp_path):
    assert config_file.CONFIGS == ROOT / 'configs' and config_file.TOOLS == ROOT / 'tools'
    (tmp_path / 'hico_mm/.mim').mkdir(parents=True)
    (tmp_path / 'hico_mm/utils').mkdir()
    installed = runpy.run_path(shutil.copy(config_file.__file__, tmp_path / 'hico_mm/utils'))
    assert installed['CONFIGS'] == tmp_path / 'hico_mm/.mim/configs'
    assert installed['TOOLS'] == tmp_path / 'hico_mm/.mim/tools'


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
    ('/hico_demo.py', r"Did you mean one of \['hico_demo'"),
    ('hico_demo.yaml', r"Did you mean one of \['hico_demo'"),
    ('zzzzzz', r'Name a file, or one of them as hico_demo\.'),
    ('', r'Name a file, or one of them as hico_demo\.'),
])
def test_says_what_there_is_instead(tmp_path, monkeypatch, path, advice):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f'Config file {path} does not exist .*{advice}'):
        find_config(path)


@pytest.fixture
def path(tmp_path):
    """A small config."""
    path = tmp_path / 'c.py'
    path.write_text("a = dict(b=1, c=[dict(d=2), 3])\nx = 'y'\ntrain_cfg = dict(max_epochs=3)\n")
    return path


def test_options_are_merged_into_the_config(path):
    # Those of the runner need not be in the config.
    options = {'find_unused_parameters': True, 'load_from': 'w.pth', 'randomness.seed': 3}
    cfg = load_config(str(path), {'a.b': 5, 'a.c.0.d': 7, **options})
    assert cfg.to_dict() == dict(
        a=dict(b=5, c=[dict(d=7), 3]), x='y', train_cfg=dict(max_epochs=3), find_unused_parameters=True,
        load_from='w.pth', randomness=dict(seed=3))


@pytest.mark.parametrize('options, message', [
    ({'a.c.5': 1}, r'\{.*\} does not fit into .*c.py'),
    ({'x.deeper': 1}, r'\{.*\} does not fit into .*c.py'),
    ({'trian_cfg.max_epochs': 1}, r"trian_cfg.max_epochs: .*no 'trian_cfg'. Did you mean \['train_cfg"),
    ({'zzz': 1}, "zzz: .*no 'zzz'. See its entries"),
])
def test_refuses_options_that_do_not_fit(path, options, message):
    with pytest.raises(ValueError, match=f'--cfg-options {message}'):
        load_config(str(path), options)


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


def test_outer_dicts_come_before_those_inside_and_may_be_changed():
    node = [dict(a=1, b=(dict(c=2), [dict(d=3)])), 'text', None, dict(e=4)]
    assert [list(found) for found in iter_dicts(node)] == [['a', 'b'], ['c'], ['d'], ['e']]
    config = Config(dict(outer=dict(inner=dict(value=1))))
    for found in iter_dicts(config.outer):
        found['seen'] = True
    assert config.outer.seen and config.outer.inner.seen
