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
    """Train a probe for three epochs; keyword arguments replace parts of its config."""

    def run(name: str, hooks: list, frozen: bool = True, shuffle: bool = True, workers: int = 0,
            clips: int = 1, watch: Hook | None = None, optim: str = 'OptimWrapper',
            wrap: str | None = None, **preprocessor) -> Runner:

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
                data_preprocessor=dict(type='SkeletonPreprocessor', **preprocessor),
                cls_head=dict(type='LinearHead', num_classes=3, in_channels=32)),
            work_dir=str(tmp_path / name), experiment_name=f'{tmp_path.name}_{name}',
            train_dataloader=train, val_dataloader=loader(6, False, clips),
            train_cfg=dict(by_epoch=True, max_epochs=3), val_cfg=dict(),
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


# Options of a probe that do not touch each other share a run.
@pytest.mark.parametrize('rtol, atol, changes', [
    (0, 0, dict(shuffle=False)),
    (0, 0, dict(shuffle=False, stream='motion', clips=2)),
    (0, 0, dict(shuffle=False, optim='BFloat16OptimWrapper', workers=1)),
    (1e-5, 1e-6, dict(shuffle=True)),  # batches of other sizes round differently
], ids=['plain', 'motion and clips', 'bfloat16 and workers', 'shuffled'])
def test_equals_an_uncached_probe(probe, tmp_path, rtol, atol, changes):
    results = []
    for name, hooks in ('plain', []), ('cached', CACHE):
        losses = probe(name, hooks, **changes).message_hub.get_scalar('train/loss').data[0]
        state = load_checkpoint_file(tmp_path / name / 'epoch_3.pth')['state_dict']
        predictions = pickle.loads((tmp_path / name / 'predictions.pkl').read_bytes())
        results.append((torch.from_numpy(losses), state, predictions))
    (losses, state, predictions), cached = results
    assert len(losses) == 9
    torch.testing.assert_close(cached[0], losses, rtol=rtol, atol=atol)
    assert cached[1].keys() == state.keys()
    torch.testing.assert_close(cached[1], state, rtol=rtol, atol=atol)
    assert len(predictions) == len(cached[2]) == 6
    for expected, got in zip(predictions, cached[2], strict=True):
        assert got.keys() == expected.keys() >= {'pred_score', 'gt_label', 'frame_dir'}
        assert got['frame_dir'] == expected['frame_dir']
        assert got['gt_label'].equal(expected['gt_label'])
        torch.testing.assert_close(got['pred_score'], expected['pred_score'], rtol=rtol, atol=atol)


def test_features_are_kept_in_order_and_go_after_training(probe):
    watch = Watch()
    runner = probe('cached', CACHE, workers=2, watch=watch)
    dataset = watch.loader.dataset
    expected = torch.cat([
        runner.model.backbone(ToySkeletons(10)[idx]['inputs'])['instance'] for idx in range(10)])
    torch.testing.assert_close(dataset.features, expected[:, None])
    assert [int(sample.gt_label) for sample in dataset.data_samples] == [i % 3 for i in range(10)]
    # A shared label would keep a file open.
    assert not any(sample.gt_label.is_shared() for sample in dataset.data_samples)

    for loader in runner.train_dataloader, runner.val_dataloader:
        assert isinstance(loader.dataset, ToySkeletons)
    assert 'forward' not in vars(runner.model.backbone)
    assert 'forward' not in vars(runner.model.data_preprocessor)
    before = runner.message_hub.get_scalar('val/acc/top1').current()
    assert runner.val_loop.run()['acc/top1'] == before


@pytest.mark.parametrize('changes, message', [
    (dict(frozen=False), 'backbone is not frozen. Set model.backbone.frozen=True'),
    (dict(wrap='SeededDataset'), 'training data are a SeededDataset, made for augmentation'),
    (dict(blending=dict(type='MixupBlending', num_classes=3)),
     'the data preprocessor has blending, which mixes sequences'),
])
def test_refuses_features_that_would_change(probe, changes, message):
    with pytest.raises(ValueError, match=message):
        probe('refused', CACHE, **changes)
