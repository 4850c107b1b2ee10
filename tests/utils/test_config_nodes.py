from mmengine.config import Config

from hico_mm.utils.config_nodes import iter_dicts


def test_outer_dicts_come_before_those_inside():
    node = [dict(a=1, b=(dict(c=2), [dict(d=3)])), 'text', None, dict(e=4)]
    assert [list(found) for found in iter_dicts(node)] == [['a', 'b'], ['c'], ['d'], ['e']]


def test_a_dict_may_be_changed_when_it_comes():
    config = Config(dict(outer=dict(inner=dict(value=1))))
    for found in iter_dicts(config.outer):
        found['seen'] = True
    assert config.outer.seen and config.outer.inner.seen
