"""When costs are measured, and when they are not measured again."""
import json

import pytest
from mmengine.config import Config

from hico_mm.benchmark import costs
from hico_mm.benchmark.costs import read_costs, update_costs


def config(width=4, batch_size=8, **changes):
    return Config(dict(dict(
        model=dict(width=width), optim_wrapper=dict(lr=0.1),
        train_dataloader=dict(batch_size=batch_size, num_workers=2)), **changes))


@pytest.fixture
def measured(monkeypatch):
    """Names of the configs of each measurement, whose number is the cost."""
    calls = []

    def measure(cfgs, **options):
        calls.append((''.join(cfgs), options))
        return {name: dict(parameters=len(calls)) for name in cfgs}

    monkeypatch.setattr(costs, 'measure_costs', measure)
    return calls


def test_costs_are_measured_once(tmp_path, measured):
    update_costs(tmp_path, dict(a=config(), b=config(5)), rounds=1)
    assert read_costs(tmp_path) == dict(a=dict(parameters=1), b=dict(parameters=1))
    for cfgs in (dict(a=config(), b=config(5)), dict(b=config(5)),
                 dict(a=config(train_cfg=dict(max_epochs=3), work_dir='c'))):
        update_costs(tmp_path, cfgs, rounds=1)
    assert measured == [('ab', dict(rounds=1))]


@pytest.mark.parametrize('second', [dict(a=config(), c=config()), dict(a=config(), b=config(6)),
                                    dict(b=config(batch_size=4), a=config())])
def test_a_new_or_changed_config_lets_all_be_measured_again(tmp_path, measured, second):
    update_costs(tmp_path, dict(a=config(), b=config()))
    update_costs(tmp_path, second)
    assert measured == [('ab', {}), (''.join(second), {})]
    assert read_costs(tmp_path) == {name: dict(parameters=2) for name in second}


def test_another_measurement_is_not_that_of_before(tmp_path, measured, monkeypatch):
    update_costs(tmp_path, dict(a=config()))
    update_costs(tmp_path, dict(a=config()), rounds=9)
    monkeypatch.setattr(costs.torch, '__version__', '9.9')
    update_costs(tmp_path, dict(a=config()), rounds=9)
    assert measured == [('a', {}), ('a', dict(rounds=9)), ('a', dict(rounds=9))]


def test_a_measurement_that_failed_leaves_the_last_one(tmp_path, measured, monkeypatch):
    update_costs(tmp_path, dict(a=config()))
    monkeypatch.setattr(costs, 'measure_costs', lambda cfgs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        update_costs(tmp_path, dict(b=config()))
    assert read_costs(tmp_path) == dict(a=dict(parameters=1))
    assert json.loads((tmp_path / 'costs.json').read_text())['a']['settings']['model'] == dict(width=4)


def test_nothing_before_the_first(tmp_path):
    assert read_costs(tmp_path) == {}
