import runpy
import shutil
from pathlib import Path

import pytest
from mmengine.config import Config

from hico_mm.utils import config as config_file
from hico_mm.utils import find_config, iter_dicts, load_config

ROOT = Path(__file__).parents[2]


def test_a_checkout_has_them_beside_the_package():
    assert config_file.CONFIGS == ROOT / 'configs' and config_file.TOOLS == ROOT / 'tools'


def test_an_installed_package_has_them_inside(tmp_path):
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


def write(path, text):
    path.write_text(text)
    return str(path)


def test_options_are_merged_into_the_config(tmp_path):
    path = write(tmp_path / 'c.py', "a = dict(b=1, c=[dict(d=2), 3])\nx = 'y'")
    cfg = load_config(path, {'a.b': 5, 'a.c.0.d': 7, 'load_from': 'w.pth'})
    assert cfg.to_dict() == dict(a=dict(b=5, c=[dict(d=7), 3]), x='y', load_from='w.pth')


@pytest.mark.parametrize('kind', ['missing', 'folder'])
def test_refuses_a_missing_config(tmp_path, kind):
    path = tmp_path / 'c.py'
    if kind == 'folder':
        path.mkdir()
    with pytest.raises(FileNotFoundError, match=f'Config file {path} does not exist'):
        load_config(str(path))


def test_refuses_a_missing_base(tmp_path):
    path = write(tmp_path / 'c.py', "_base_ = 'nowhere.py'")
    with pytest.raises(FileNotFoundError, match=r'c.py is based on .*nowhere.py.*Correct'):
        load_config(path)


def test_refuses_other_files(tmp_path):
    path = write(tmp_path / 'c.txt', 'a = 1')
    with pytest.raises(ValueError, match=r'c.txt is no config file'):
        load_config(path)


@pytest.mark.parametrize('options', [{'a.c.5': 1}, {'x.deeper': 1}])
def test_refuses_options_that_do_not_fit(tmp_path, options):
    path = write(tmp_path / 'c.py', "a = dict(b=1, c=[1, 2])\nx = 'y'")
    with pytest.raises(ValueError, match=r'--cfg-options \{.*\} does not fit into .*c.py'):
        load_config(path, options)


def test_refuses_a_config_with_a_syntax_error(tmp_path):
    (tmp_path / 'broken.py').write_text('model = dict(\n')
    with pytest.raises(ValueError, match='broken.py is no config file: '):
        load_config(str(tmp_path / 'broken.py'))


@pytest.mark.parametrize('option, message', [
    ('trian_cfg.max_epochs', r"no 'trian_cfg'. Did you mean \['train_cfg"),
    ('zzz', "no 'zzz'. See its entries"),
])
def test_refuses_misspelt_options(tmp_path, option, message):
    (tmp_path / 'a.py').write_text('model = dict()\ntrain_cfg = dict(max_epochs=3)\n')
    with pytest.raises(ValueError, match=f'--cfg-options {option}: .*{message}'):
        load_config(str(tmp_path / 'a.py'), {option: 1})


def test_options_of_the_runner_need_not_be_in_the_config(tmp_path):
    (tmp_path / 'a.py').write_text('model = dict()\n')
    options = {'find_unused_parameters': True, 'load_from': 'x.pth', 'randomness.seed': 3}
    assert load_config(str(tmp_path / 'a.py'), options).randomness.seed == 3


def test_outer_dicts_come_before_those_inside():
    node = [dict(a=1, b=(dict(c=2), [dict(d=3)])), 'text', None, dict(e=4)]
    assert [list(found) for found in iter_dicts(node)] == [['a', 'b'], ['c'], ['d'], ['e']]


def test_a_dict_may_be_changed_when_it_comes():
    config = Config(dict(outer=dict(inner=dict(value=1))))
    for found in iter_dicts(config.outer):
        found['seen'] = True
    assert config.outer.seen and config.outer.inner.seen
