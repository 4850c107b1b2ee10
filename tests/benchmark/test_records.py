"""Settings, results and costs on disk."""
import hashlib
import shutil

import pytest
from mmengine.config import Config

from hico_mm.benchmark import records
from hico_mm.benchmark.jobs import Job
from hico_mm.benchmark.records import (
    check_settings,
    read_costs,
    read_result,
    read_results,
    settings_of,
    update_costs,
    write_result,
    write_settings,
)


def config(**changes):
    return Config(dict(dict(
        model=dict(type='M', sizes=(1, 2), backbone=dict()), work_dir='a', load_from='x.pth',
        train_dataloader=dict(batch_size=4, num_workers=2, persistent_workers=True),
        train_cfg=dict(max_epochs=80), val_dataloader=dict(batch_size=4), kard=dict(),
        test_dataloader=dict(batch_size=4), randomness=dict(seed=0)), **changes))


WIDER = config(model=dict(width=5))


@pytest.mark.parametrize('key, value, tasks', [
    ('model', dict(type='M', sizes=(1, 3), backbone=dict()), 'pretrain linear knn cost'),
    ('model', dict(type='M', sizes=(1, 2), backbone=dict(instance=['joint'])), 'linear knn cost'),
    ('optim_wrapper', dict(lr=1), 'pretrain linear cost'),
    ('randomness', dict(seed=1), 'pretrain linear knn'),
    ('train_cfg', dict(max_epochs=2), 'pretrain linear'),
    ('test_dataloader', dict(batch_size=8), 'linear knn'),
    ('val_dataloader', dict(batch_size=8), 'linear'),
    ('val_evaluator', dict(type='A'), 'linear'),
    ('work_dir', 'b', ''), ('load_from', 'y.pth', ''), ('kard', 1, ''),
    ('train_dataloader', dict(batch_size=4, num_workers=0, persistent_workers=False), ''),
])
def test_settings_of_a_task_are_those_that_matter_to_it(key, value, tasks):
    changed = [task for task in ('pretrain', 'linear', 'knn', 'cost')
               if settings_of(config(), task) != settings_of(config(**{key: value}), task)]
    assert ' '.join(changed) == tasks


def test_the_encoder_is_known_by_its_content(tmp_path):
    paths = [tmp_path / name for name in 'abc']
    for path, content in zip(paths, (b'1', b'1', b'2'), strict=True):
        path.write_bytes(content)
    first, same, other = (settings_of(config(), 'linear', str(path)) for path in paths)
    assert first == same != other
    assert first['encoder'] == hashlib.sha256(b'1').hexdigest()
    paths[0].write_bytes(b'22')
    assert settings_of(config(), 'linear', str(paths[0])) not in (first, other)
    url = 'https://a/b.pth'
    assert settings_of(config(), 'linear', url)['encoder'] == url


@pytest.mark.parametrize('dataset, name', [
    (dict(ann_file='{}/a.pkl'), 'a.pkl'), (dict(data_root='{}', ann_file='a.pkl'), 'a.pkl'),
    (dict(path='{}'), 'store.json'), (dict(path='{}'), 'index.npy')])
def test_data_are_known_by_their_content(tmp_path, dataset, name):
    dataset = {key: value.format(tmp_path) for key, value in dataset.items()}
    cfg = config(test_dataloader=dict(dataset=dict(type='RepeatDataset', dataset=dataset)))
    absent = settings_of(cfg, 'knn')
    (tmp_path / name).write_bytes(b'1')
    write_settings(tmp_path / 'job', settings_of(cfg, 'knn'))
    check_settings(tmp_path / 'job', settings_of(cfg, 'knn'))
    assert absent['data'] == {} != settings_of(cfg, 'knn')['data']
    assert 'data' not in settings_of(cfg, 'knn', data=False)
    (tmp_path / name).write_bytes(b'22')
    with pytest.raises(ValueError, match=f"or data, .*data.{tmp_path}/{name} '6b86b273.* -> '785f3ec7"):
        check_settings(tmp_path / 'job', settings_of(cfg, 'knn'))


def test_other_settings_are_refused_by_the_values_of_both(tmp_path):
    before = settings_of(config(), 'linear')
    check_settings(tmp_path, before)  # nothing there yet
    write_settings(tmp_path, before)
    check_settings(tmp_path, before)
    now = settings_of(config(train_cfg=dict(max_epochs=2, val_interval=1)), 'linear')
    with pytest.raises(ValueError) as error:
        check_settings(tmp_path, now)
    assert str(error.value) == (
        f'{tmp_path} was made with other settings or data, before -> now: train_cfg.max_epochs 80 -> 2, '
        'train_cfg.val_interval None -> 1. Choose another folder by --out, remove this one to make it '
        'anew, or restore them.')


def test_entries_that_one_side_lacks_are_not_compared(tmp_path):
    settings = settings_of(config(), 'linear')
    write_settings(tmp_path, dict(settings, encoder='1'))
    with pytest.raises(ValueError, match="encoder '1' -> None"):
        check_settings(tmp_path, settings)
    del settings['encoder']  # not known yet
    check_settings(tmp_path, settings)
    # Another version may have written less.
    write_settings(tmp_path, {key: value for key, value in settings.items() if key != 'val_cfg'})
    check_settings(tmp_path, dict(settings, val_cfg='other'))


def test_results_are_those_of_all_jobs_that_finished(tmp_path):
    assert read_results(tmp_path) == {} and read_result(tmp_path) is None
    results = {Job('c', 2, 'semi', 'untrained', 0.1, 3): dict(value=1.0),
               Job('b', 0, 'fusion'): dict(value=2.0)}
    for job, result in results.items():
        write_result(tmp_path / job.folder, job, dict(value=0.0))
        write_result(tmp_path / job.folder, job, result)  # in place of the first
        assert read_result(tmp_path / job.folder) == result
    shutil.copytree(tmp_path / 'b/seed_0/fusion', tmp_path / 'b/seed_0/fusion_old')  # kept, but no job
    (tmp_path / 'b/seed_0/unfinished').mkdir()
    assert read_results(tmp_path) == results


@pytest.fixture
def measured(monkeypatch):
    """Names of the configs of each measurement, whose number is the cost."""
    calls = []

    def measure(cfgs, training, **options):
        calls.append((''.join(cfgs), options if training else 'untrained'))
        return {name: dict(parameters=len(calls)) for name in cfgs}

    monkeypatch.setattr(records, 'measure_costs', measure)
    return calls


def test_costs_are_measured_once(tmp_path, measured):
    assert read_costs(tmp_path) == {}
    update_costs(tmp_path, dict(a=config(), b=WIDER), rounds=1)
    assert read_costs(tmp_path) == dict(a=dict(parameters=1), b=dict(parameters=1))
    for cfgs in (dict(a=config(), b=WIDER), dict(b=WIDER),
                 dict(a=config(train_cfg=dict(max_epochs=3), work_dir='c'))):
        update_costs(tmp_path, cfgs, rounds=1)
    assert measured == [('ab', dict(rounds=1))]


@pytest.mark.parametrize('second', [
    dict(a=config(), c=config()), dict(a=config(), b=WIDER),
    dict(b=config(train_dataloader=dict(batch_size=8)), a=config())])
def test_a_new_or_changed_config_lets_all_be_measured_again(tmp_path, measured, second):
    update_costs(tmp_path, dict(a=config(), b=config()))
    update_costs(tmp_path, second)
    assert measured == [('ab', {}), (''.join(second), {})]
    assert read_costs(tmp_path) == {name: dict(parameters=2) for name in second}


def test_costs_of_training_are_measured_when_something_is_trained(tmp_path, measured):
    for training in (False, False, True, False):
        update_costs(tmp_path, dict(a=config()), training)
    assert measured == [('a', 'untrained'), ('a', {})]


def test_another_measurement_is_not_that_of_before(tmp_path, measured, monkeypatch):
    update_costs(tmp_path, dict(a=config()))
    update_costs(tmp_path, dict(a=config()), rounds=9)
    monkeypatch.setattr(records.torch, '__version__', '9.9')
    update_costs(tmp_path, dict(a=config()), rounds=9)
    assert measured == [('a', {}), ('a', dict(rounds=9)), ('a', dict(rounds=9))]
    monkeypatch.setattr(records, 'measure_costs', lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        update_costs(tmp_path, dict(b=config()))
    assert read_costs(tmp_path) == dict(a=dict(parameters=3)), 'as before the failure'
