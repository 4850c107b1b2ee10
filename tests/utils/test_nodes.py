"""Dicts of a config and their types, which may be names, names with a module, or classes."""
import pytest
import torch
from mmaction.registry import HOOKS
from mmengine.config import Config
from mmengine.model import PretrainedInit

from hico_mm.engine.hooks import EpochSeedHook
from hico_mm.utils import iter_dicts, load_config, plain, type_name
from hico_mm.utils.nodes import find_classes, spell
from hico_mm.utils.tasks import make_task_config

SGD = torch.optim.SGD
PURE = '''from mmengine.config import read_base
from mmengine.optim import OptimWrapper
from torch.optim import SGD
from hico_mm.engine.hooks import CheckpointFitHook, EpochSeedHook, UntrainedBaselineHook
from mmaction.datasets.transforms import FormatGCNInput
with read_base():
    from .plain import *
optim_wrapper.update(type=OptimWrapper, optimizer=dict(type=SGD, lr=0.03))
custom_hooks = [dict(type=EpochSeedHook), dict(type=CheckpointFitHook, prefix='backbone.'),
                dict(type=UntrainedBaselineHook)]
val_dataloader.dataset.pipeline[3].update(type=FormatGCNInput)
'''


class Local:
    pass


def test_outer_dicts_come_before_those_inside_and_may_be_changed():
    node = [dict(a=1, b=(dict(c=2), [dict(d=3)])), 'text', None, dict(e=4)]
    assert [list(found) for found in iter_dicts(node)] == [['a', 'b'], ['c'], ['d'], ['e']]
    config = Config(dict(outer=dict(inner=dict(value=1))))
    for found in iter_dicts(config.outer):
        found['seen'] = True
    assert config.outer.seen and config.outer.inner.seen


@pytest.mark.parametrize('kind, name, spelt', [
    ('EpochSeedHook', 'EpochSeedHook', None), (EpochSeedHook, 'EpochSeedHook', None), (SGD, 'SGD', None),
    ('mmaction.EpochSeedHook', 'EpochSeedHook', None), (PretrainedInit, 'Pretrained', None),
    ('hico_mm.engine.hooks.EpochSeedHook', 'EpochSeedHook', None), (Local, 'Local', f'{__name__}.Local'),
])
def test_a_type_has_one_name_however_it_is_written(kind, name, spelt):
    assert type_name(dict(type=kind)) == name
    assert plain([dict(type=kind, a=(1, torch.float16))]) == [dict(type=name, a=[1, 'torch.float16'])]
    assert spell(kind) == (kind if isinstance(kind, str) else spelt or name)
    assert type_name({}) == type_name(None) == ''


def test_a_name_stands_for_a_class():
    assert find_classes('EpochSeedHook') == find_classes('hico_mm.engine.hooks.EpochSeedHook')[:1] == [
        EpochSeedHook] and find_classes('Nothing') == []


@pytest.fixture
def pure(tmp_path):
    """A pure-Python config, whose types are classes, of the demo."""
    (tmp_path / 'plain.py').write_text(load_config('hico_demo').pretty_text)
    (tmp_path / 'pure.py').write_text(PURE)
    return tmp_path / 'pure.py'


def test_a_pure_python_config_can_be_written_and_is_the_same(pure):
    cfg = load_config(str(pure), {'optim_wrapper.optimizer.lr': 0.5, 'train_cfg.max_epochs': 2})
    assert (cfg.optim_wrapper.type, cfg.optim_wrapper.optimizer.type) == ('OptimWrapper', 'SGD')
    assert (cfg.optim_wrapper.optimizer.lr, cfg.train_cfg.max_epochs) == (0.5, 2)
    assert [hook.type for hook in cfg.custom_hooks] == [
        'EpochSeedHook', 'CheckpointFitHook', 'UntrainedBaselineHook']
    cfg.dump(pure.with_name('dumped.py'))
    assert Config.fromfile(pure.with_name('dumped.py')).to_dict() == cfg.to_dict()
    assert HOOKS.build(dict(cfg.custom_hooks[0])).__class__ is EpochSeedHook


def test_tasks_of_a_pure_python_config(pure):
    """Also of one that MMEngine has read, or that has got a class."""
    changed = load_config(str(pure))
    changed.custom_hooks[0].type = EpochSeedHook
    for cfg in load_config(str(pure)), Config.fromfile(pure), changed:
        task = make_task_config(cfg, 'linear')
        assert [type_name(hook) for hook in task.custom_hooks] == [
            'EpochSeedHook', 'CheckpointFitHook', 'CacheFeaturesHook']
        assert type_name(task.test_dataloader.dataset.pipeline[3]) == 'FormatGCNInput'
