import pickle
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config, ConfigDict

from hico_mm.utils.tasks import unformatted
from hico_mm.speed import run
from hico_mm.speed.interleaved import Ratio
from hico_mm.speed.run import RunTime, measure_run

CONFIGS = Path(__file__).parents[2] / 'configs'
SMALL = {'model.backbone.hidden_channels': 8, 'model.queue.length': 16,
         'train_dataloader.batch_size': 4, 'train_dataloader.num_workers': 0,
         'train_dataloader.persistent_workers': False, 'log_level': 'ERROR'}


@pytest.fixture
def config():
    def read(name):
        cfg = unformatted(Config.fromfile(CONFIGS / f'{name}.py'))
        cfg.merge_from_dict(SMALL)
        return cfg
    return read


class Ticks:
    """A clock that goes on by one second whenever somebody looks."""

    now = 0

    def __call__(self):
        self.now += 1
        return self.now


@pytest.mark.parametrize('name', ['hico_demo', 'hico_ntu60'])
def test_trains_and_extrapolates(config, monkeypatch, name):
    observe = run.observe
    monkeypatch.setattr(run, 'observe', lambda runner, **options: observe(
        runner, **options, clock=Ticks()))
    cfg = config(name)
    cfg.merge_from_dict({'train_cfg.max_epochs': 20, 'default_hooks.checkpoint.interval': 8})
    # 2 epochs of 3 steps are measured; the schedule has 20 epochs of 5 steps and 3 checkpoints.
    result = measure_run(cfg, num_sequences=13, epochs=2, schedule_sequences=23, num_frames=(30, 40))

    # In seconds of `Ticks`, one for each phase that is entered: two `hooks` a step; `ends` before and
    # after an epoch, and once more after its checkpoint if it has one.
    assert result.steps == 6
    assert result.seconds == dict(
        step=100., data=pytest.approx(20 / 6 * 5 * 8), hooks=200., ends=pytest.approx(20 / 2 * 5),
        checkpoint=3.)


def test_result_reads_well():
    result = RunTime(dict(step=500., data=60., hooks=20., ends=12., checkpoint=8.), steps=30,
                     batch_size=64, epochs=10, num_sequences=700, device='CPU, 2 threads', busy=None)
    assert result.total == 600
    assert result.outside == pytest.approx(40 / 600)
    assert str(result).splitlines() == [
        'CPU, 2 threads, batch 64, 30 steps measured',
        'step 83.33%, data 10.00%, hooks 3.33%, ends 2.00%, checkpoint 1.33%; '
        'outside step and data 6.67%',
        'GPU within a step: not measured',
        '10.7 samples/s; 10 epochs of 700 sequences, without evaluation: 10.0 min']
    assert 'GPU within a step: 91.2% of the time' in str(result._replace(busy=0.912))


def test_synthetic_file_has_the_size_asked_for(tmp_path):
    dataset = ConfigDict(type='SeededDataset', dataset=dict(ann_file='x.pkl', split='xsub_train'))
    run._use_synthetic_data(dataset, tmp_path, 200, (30, 33))

    assert dataset.dataset.ann_file == str(tmp_path / 'synthetic.pkl')
    content = pickle.loads((tmp_path / 'synthetic.pkl').read_bytes())
    assert len(content['split']['xsub_train']) == len(set(content['split']['xsub_train'])) == 200
    keypoints = [x['keypoint'] for x in content['annotations']]
    assert {x.shape[1] for x in keypoints} == {30, 31, 32, 33}
    assert {x.shape[2:] for x in keypoints} == {(25, 3)}
    assert {x.dtype for x in keypoints} == {np.dtype(np.float16)}
    assert all(x['total_frames'] == x['keypoint'].shape[1] for x in content['annotations'])


@pytest.mark.parametrize('numbers', [dict(num_sequences=3), dict(num_sequences=8, epochs=0),
                                     dict(num_sequences=8, schedule_sequences=2)])
def test_refuses_to_measure_nothing(config, numbers):
    with pytest.raises(ValueError, match='have no batch of 4. Give more'):
        measure_run(config('hico_demo'), **numbers)


def test_refuses_data_that_it_cannot_make(tmp_path):
    dataset = ConfigDict(type='SeededDataset', dataset=dict(type='Packed', path='store'))
    with pytest.raises(ValueError, match='The training set is Packed, for which no synthetic'):
        run._use_synthetic_data(dataset, tmp_path, 8, (30, 300))


def test_forms_take_turns(config, monkeypatch):
    trained = []

    def measured(cfg, num_sequences):
        trained.append((cfg.model.type, cfg.default_hooks.runtime_info.type,
                        cfg.train_dataloader.collate_fn.type, num_sequences))
        seconds = {'MoCoRecognizer': 3.0, 'PlainMoCoRecognizer': 4.0}[cfg.model.type]
        return RunTime(dict(step=seconds), 1, 1, 1, 1, 'CPU', None)

    monkeypatch.setattr(run, 'measure_run', measured)
    monkeypatch.setattr(run, '_check_plain', lambda cfg: None)
    results = list(run.compare_runs(lambda: config('hico_demo'), rounds=2, num_sequences=9))

    plain = ('PlainMoCoRecognizer', 'RuntimeInfoHook', 'pseudo_collate', 9)
    ours = ('MoCoRecognizer', 'DeferredRuntimeInfoHook', 'skeleton_collate', 9)
    assert trained == [plain, ours] * 2
    assert [form for form, _ in results] == ['plain', 'ours'] * 2 + ['ours/plain']
    assert results[-1][1] == Ratio(0.75, 0.75, 0.75)
    assert [form for form, _ in run.compare_runs(
        lambda: config('hico_demo'), with_plain=False, num_sequences=9)] == ['ours']
