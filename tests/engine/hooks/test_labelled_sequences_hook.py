import json
import re
from pathlib import Path

import pytest
import torch
from mmaction.registry import DATASETS
from mmaction.structures import ActionDataSample
from mmengine.dataset import BaseDataset

from hico_mm.datasets import LabelFraction

HOOKS = [dict(type='EpochSeedHook'), dict(type='LabelledSequencesHook')]


@DATASETS.register_module()
class LabelledPoints(BaseDataset):
    """Twelve points of three classes."""

    def __init__(self, prefix='p', **kwargs):
        self.prefix = prefix
        super().__init__(**kwargs)

    def load_data_list(self):
        return [dict(frame_dir=f'{self.prefix}{11 - i:02d}', label=i % 3) for i in range(12)]

    def prepare_data(self, idx):
        label = self.get_data_info(idx)['label']
        return dict(inputs=torch.tensor([1., label]),
                    data_samples=ActionDataSample().set_gt_label(label))


def draw(prefix='p', **kwargs):
    return dict(type='LabelFraction', dataset=dict(type='LabelledPoints', prefix=prefix),
                **{'fraction': 0.5, 'seed': 1, **kwargs})


@pytest.fixture
def train(toy_runner, toy_loader):
    """Train on a draw inside other wrappers."""

    def train(hooks=HOOKS, dataset=None, **changes):
        repeat = dict(type='RepeatDataset', times=2, dataset=dataset or draw())
        loader = {**toy_loader(8), 'dataset': dict(type='SeededDataset', dataset=repeat)}
        runner = toy_runner(train_dataloader=loader, custom_hooks=hooks, **changes)
        runner.train()
        return runner

    return train


def file_of(runner):
    return Path(runner.work_dir) / 'labelled_sequences.json'


def test_saves_the_draw(train):
    runner = train()
    dataset = LabelFraction(**{k: v for k, v in draw().items() if k != 'type'})
    assert json.loads(file_of(runner).read_text()) == dict(
        fraction=0.5, seed=1, num_per_class={'0': 2, '1': 2, '2': 2},
        frame_dirs=sorted(dataset.frame_dirs))
    log = next(Path(runner.log_dir).glob('*.log')).read_text()
    assert f'6 labelled sequences are listed in {file_of(runner)}' in log


def test_resumed_run_keeps_the_file(train):
    runner = train()
    before = file_of(runner).stat()
    resumed = train(resume=True, load_from=f'{runner.work_dir}/epoch_1.pth')
    assert resumed.epoch == 2
    assert file_of(resumed).stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize('other, described', [
    (dict(seed=2), '6 sequences of fraction=0.5 and seed=2, {} of them'),
    (dict(fraction=0.75), '9 sequences of fraction=0.75 and seed=1, 3 of them'),
    (dict(prefix='q'), '6 sequences of fraction=0.5 and seed=1, 6 of them'),
])
def test_refuses_the_work_dir_of_another_draw(train, other, described):
    runner = train()
    content = file_of(runner).read_bytes()
    names = LabelFraction(dict(type='LabelledPoints'), 0.5, seed=2).frame_dirs
    different = len(set(names) - set(json.loads(content)['frame_dirs']))
    assert different > 0
    with pytest.raises(ValueError, match=(
            'The work dir belongs to another draw of labels: '
            f'{re.escape(str(file_of(runner)))} lists 6 sequences of fraction=0.5 and seed=1, but '
            f'the training data are {described.format(different)} not in the list. Name another '
            'work dir, delete this one, or train with the earlier')):
        train(dataset=draw(**other))
    assert file_of(runner).read_bytes() == content


def test_only_the_main_process_writes_and_all_compare(train, monkeypatch):
    monkeypatch.setattr('hico_mm.engine.hooks.labelled_sequences_hook.is_main_process',
                        lambda: False)
    runner = train()
    assert not file_of(runner).exists()
    monkeypatch.undo()
    train()
    monkeypatch.setattr('hico_mm.engine.hooks.labelled_sequences_hook.is_main_process',
                        lambda: False)
    train()
    with pytest.raises(ValueError, match='another draw'):
        train(dataset=draw(seed=2))


def test_leaves_other_training_data_alone(toy_runner):
    runner = toy_runner(custom_hooks=HOOKS)
    runner.train()
    assert not file_of(runner).exists()


def test_looks_before_features_are_cached(toy_runner):
    runner = toy_runner(custom_hooks=[
        dict(type='CacheFeaturesHook'), dict(type='LabelledSequencesHook')])
    names = [type(hook).__name__ for hook in runner.hooks]
    assert names.index('LabelledSequencesHook') < names.index('CacheFeaturesHook')
