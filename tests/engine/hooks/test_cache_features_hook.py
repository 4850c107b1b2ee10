import pickle

import pytest
import torch
from mmaction.registry import DATASETS
from mmaction.structures import ActionDataSample
from mmengine.hooks import Hook
from mmengine.runner import Runner

from hico_mm.utils import load_checkpoint_file

CACHE = [dict(type='CacheFeaturesHook')]


@DATASETS.register_module()
class ToySkeletons:
    """Skeletons of one person, five joints and eight frames, whose size tells the class."""

    metainfo = {}

    def __init__(self, size: int, clips: int = 1) -> None:
        self.size, self.clips = size, clips

    def full_init(self) -> None:
        pass

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, idx: int) -> dict:
        generator = torch.Generator().manual_seed(idx)
        skeleton = (1 + idx % 3) * torch.rand(self.clips, 1, 8, 5, 3, generator=generator)
        sample = ActionDataSample(metainfo=dict(frame_dir=f'S{idx:03d}'))
        return dict(inputs=skeleton, data_samples=sample.set_gt_label(idx % 3))


class Watch(Hook):
    """Keeps the training loader of the first epoch."""

    def before_train_epoch(self, runner: Runner) -> None:
        self.loader = runner.train_dataloader


@pytest.fixture
def probe(tmp_path):
    """Train a probe for four epochs; keyword arguments replace parts of its config."""

    def run(name: str, hooks: list, frozen: bool = True, shuffle: bool = True, workers: int = 0,
            clips: int = 1, watch: Hook | None = None, optim: str = 'OptimWrapper',
            preprocessor: dict | None = None, wrap: str | None = None) -> Runner:

        def loader(size: int, shuffle: bool, clips: int = 1) -> dict:
            return dict(batch_size=4, num_workers=workers,
                        dataset=dict(type='ToySkeletons', size=size, clips=clips),
                        sampler=dict(type='DefaultSampler', shuffle=shuffle))

        train = loader(10, shuffle)
        if wrap is not None:
            train['dataset'] = dict(type=wrap, dataset=train['dataset'])
        runner = Runner.from_cfg(dict(
            model=dict(
                type='RecognizerGCN',
                backbone=dict(type='HiCoEncoder', num_joints=5, num_persons=1, num_frames=8,
                              hidden_channels=8, num_granularities=2, frozen=frozen),
                data_preprocessor=preprocessor or dict(type='SkeletonPreprocessor'),
                cls_head=dict(type='LinearHead', num_classes=3, in_channels=32)),
            work_dir=str(tmp_path / name), experiment_name=f'{tmp_path.name}_{name}',
            train_dataloader=train, val_dataloader=loader(6, False, clips),
            train_cfg=dict(by_epoch=True, max_epochs=4), val_cfg=dict(),
            val_evaluator=[
                dict(type='AccMetric', metric_options=dict(top_k_accuracy=dict(topk=1))),
                dict(type='DumpResults', out_file_path=str(tmp_path / name / 'predictions.pkl'))],
            optim_wrapper=dict(type=optim, optimizer=dict(type='SGD', lr=0.1, momentum=0.9)),
            default_scope='mmaction', randomness=dict(seed=1), custom_hooks=hooks))
        if watch is not None:
            runner.register_hook(watch)
        runner.train()
        return runner

    return run


@pytest.fixture
def compare(probe, tmp_path):
    """Compare a cached with an uncached probe: weights, predictions, and losses of all epochs."""

    def run(rtol: float, atol: float, **kwargs) -> None:
        results = []
        for name, hooks in ('plain', []), ('cached', CACHE):
            losses = probe(name, hooks, **kwargs).message_hub.get_scalar('train/loss').data[0]
            state = load_checkpoint_file(tmp_path / name / 'epoch_4.pth')['state_dict']
            predictions = pickle.loads((tmp_path / name / 'predictions.pkl').read_bytes())
            results.append((torch.from_numpy(losses), state, predictions))
        (losses, state, predictions), cached = results
        assert len(losses) == 12
        torch.testing.assert_close(cached[0], losses, rtol=rtol, atol=atol)
        assert cached[1].keys() == state.keys()
        torch.testing.assert_close(cached[1], state, rtol=rtol, atol=atol)
        assert len(predictions) == len(cached[2]) == 6
        for expected, got in zip(predictions, cached[2], strict=True):
            assert got.keys() == expected.keys() >= {'pred_score', 'gt_label', 'frame_dir'}
            assert got['frame_dir'] == expected['frame_dir']
            assert got['gt_label'].equal(expected['gt_label'])
            torch.testing.assert_close(
                got['pred_score'], expected['pred_score'], rtol=rtol, atol=atol)

    return run


@pytest.mark.parametrize('changes', [
    {}, dict(preprocessor=dict(type='SkeletonPreprocessor', stream='motion')),
    dict(optim='BFloat16OptimWrapper'), dict(clips=2), dict(workers=1)
], ids=['joint', 'motion', 'bfloat16', 'clips', 'workers'])
def test_equal_batches_give_equal_bits(compare, changes):
    compare(rtol=0, atol=0, shuffle=False, **changes)


def test_shuffled_batches_differ_in_the_last_bits_at_most(compare):
    compare(rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('workers', [0, 2])
def test_features_are_those_of_the_encoder_in_the_order_of_the_data(probe, workers):
    watch = Watch()
    runner = probe('cached', CACHE, workers=workers, watch=watch)
    dataset = watch.loader.dataset
    expected = torch.cat([
        runner.model.backbone(ToySkeletons(10)[idx]['inputs'])['instance'] for idx in range(10)])
    torch.testing.assert_close(dataset.features, expected[:, None])
    assert [int(sample.gt_label) for sample in dataset.data_samples] == [i % 3 for i in range(10)]
    # A shared label would keep a file open.
    assert not any(sample.gt_label.is_shared() for sample in dataset.data_samples)


def test_batches_follow_the_sampler(probe):
    watch = Watch()
    probe('cached', CACHE, watch=watch)
    watch.loader.sampler.set_epoch(3)
    order = list(watch.loader.sampler)
    assert order != list(range(10))
    batches = list(watch.loader)
    assert [len(batch['inputs']) for batch in batches] == [4, 4, 2]
    assert torch.cat([batch['inputs'] for batch in batches]).equal(
        watch.loader.dataset.features[order])
    names = [sample.frame_dir for batch in batches for sample in batch['data_samples']]
    assert names == [f'S{idx:03d}' for idx in order]


def test_skeletons_are_back_after_training(probe):
    runner = probe('cached', CACHE)
    for loader in runner.train_dataloader, runner.val_dataloader:
        assert isinstance(loader.dataset, ToySkeletons)
    assert 'forward' not in vars(runner.model.backbone)
    assert 'forward' not in vars(runner.model.data_preprocessor)
    before = runner.message_hub.get_scalar('val/acc/top1').current()
    assert runner.val_loop.run()['acc/top1'] == before


def test_refuses_an_encoder_that_learns(probe):
    with pytest.raises(ValueError, match='backbone is not frozen. Set model.backbone.frozen=True'):
        probe('open', CACHE, frozen=False)


def test_refuses_data_that_are_augmented(probe):
    with pytest.raises(ValueError, match='they are a SeededDataset, made for augmentation'):
        probe('augmented', CACHE, wrap='SeededDataset')


def test_refuses_data_that_are_mixed(probe):
    blending = dict(type='MixupBlending', num_classes=3)
    with pytest.raises(ValueError, match='the data preprocessor has blending, which mixes them'):
        probe('mixed', CACHE, preprocessor=dict(type='SkeletonPreprocessor', blending=blending))
