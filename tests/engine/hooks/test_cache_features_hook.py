import pytest
import torch
from mmaction.registry import DATASETS
from mmaction.structures import ActionDataSample
from mmengine.runner import Runner

from hico_mm.compat import load_checkpoint_file


@DATASETS.register_module()
class ToySkeletons:
    """Skeletons of one person, five joints and eight frames, whose size tells the class."""

    metainfo = {}

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, idx: int) -> dict:
        generator = torch.Generator().manual_seed(idx)
        skeleton = (1 + idx % 3) * torch.rand(1, 1, 8, 5, 3, generator=generator)
        return dict(inputs=skeleton, data_samples=ActionDataSample().set_gt_label(idx % 3))


@pytest.fixture
def probe(tmp_path):
    """Train a probe for four epochs; keyword arguments replace parts of its config."""

    def loader(size: int) -> dict:
        return dict(batch_size=4, num_workers=0, dataset=dict(type='ToySkeletons', size=size),
                    sampler=dict(type='DefaultSampler', shuffle=size == 10))

    def run(name: str, hooks: list, frozen: bool = True) -> Runner:
        runner = Runner.from_cfg(dict(
            model=dict(
                type='RecognizerGCN',
                backbone=dict(type='HiCoEncoder', num_joints=5, num_persons=1, num_frames=8,
                              hidden_channels=8, num_granularities=2, frozen=frozen),
                cls_head=dict(type='LinearHead', num_classes=3, in_channels=32)),
            work_dir=str(tmp_path / name), experiment_name=f'{tmp_path.name}_{name}',
            train_dataloader=loader(10), val_dataloader=loader(6),
            train_cfg=dict(by_epoch=True, max_epochs=4), val_cfg=dict(),
            val_evaluator=dict(type='AccMetric', metric_options=dict(top_k_accuracy=dict(topk=1))),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9)),
            default_scope='mmaction', randomness=dict(seed=1), custom_hooks=hooks))
        runner.train()
        return runner

    return run


def test_cached_probe_is_the_uncached_one(probe, tmp_path):
    plain = probe('plain', [])
    cached = probe('cached', [dict(type='CacheFeaturesHook')])
    states = [load_checkpoint_file(tmp_path / f'{name}/epoch_4.pth')['state_dict']
              for name in ('plain', 'cached')]
    assert states[0].keys() == states[1].keys()
    for name, tensor in states[0].items():
        torch.testing.assert_close(states[1][name], tensor, rtol=1e-5, atol=1e-6)
    scores = [runner.message_hub.get_scalar('val/acc/top1').data[0] for runner in (plain, cached)]
    assert scores[0].tolist() == scores[1].tolist()


def test_encoder_takes_skeletons_again_after_training(probe):
    runner = probe('cached', [dict(type='CacheFeaturesHook')])
    skeletons = torch.rand(2, 1, 8, 5, 3)
    assert sorted(runner.model.backbone(skeletons)) == [
        'clip', 'instance', 'part', 'spatial', 'temporal']
    assert 'forward' not in vars(runner.model.backbone)


def test_features_are_those_of_the_encoder_in_the_order_of_the_data(probe):
    runner = probe('cached', [dict(type='CacheFeaturesHook')])
    expected = torch.cat([
        runner.model.backbone(ToySkeletons(10)[idx]['inputs'])['instance'] for idx in range(10)])
    torch.testing.assert_close(runner.train_dataloader.dataset.features, expected)
    labels = [int(sample.gt_label) for sample in runner.train_dataloader.dataset.data_samples]
    assert labels == [idx % 3 for idx in range(10)]


def test_refuses_an_encoder_that_learns(probe):
    with pytest.raises(ValueError, match='backbone is not frozen. Set model.backbone.frozen=True'):
        probe('open', [dict(type='CacheFeaturesHook')], frozen=False)
