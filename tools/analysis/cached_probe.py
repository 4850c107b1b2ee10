"""Time a linear probe on cached features, by default of NTU-60's size, without data or encoder."""
import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from mmaction.registry import DATASETS, MODELS
from mmaction.structures import ActionDataSample
from mmengine.config import Config
from mmengine.runner import Runner
from torch import Tensor, nn

from hico_mm.utils.tasks import load_task_config

CONFIG = Path(__file__).parents[2] / 'configs/hico_ntu60.py'
DISTANCE = 5.  # of a class from the origin, in standard deviations of its features


@DATASETS.register_module(force=True)
class GeneratedFeatures:
    """Normally distributed features around one centre a class.

    Args:
        size (int): Number of samples N.
        channels (int): Channels D of a feature.
        num_classes (int): Number of classes.
        first (int): Seed of the first sample; the others follow. Defaults to 0.
    """

    metainfo: dict = {}

    def __init__(self, size: int, channels: int, num_classes: int, first: int = 0) -> None:
        self.size, self.first = size, first
        centres = torch.randn(num_classes, channels, generator=torch.Generator().manual_seed(0))
        self.centres = DISTANCE * nn.functional.normalize(centres)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, idx: int) -> dict:
        label = idx % len(self.centres)
        generator = torch.Generator().manual_seed(1 + self.first + idx)
        feature = self.centres[label] + torch.randn(self.centres.shape[1], generator=generator)
        return dict(inputs=feature[None], data_samples=ActionDataSample().set_gt_label(label))


@MODELS.register_module(force=True)
class GivenFeatures(nn.Module):
    """Stands in for a frozen encoder: (N, D) -> instance (N, D)."""

    frozen = True

    def forward(self, feature: Tensor) -> dict[str, Tensor]:
        """Take the input as the instance feature."""
        return dict(instance=feature)


def make_config(args: argparse.Namespace, work_dir: str) -> Config:
    """Make the config of the linear task, with features in the place of skeletons and encoder."""
    cfg = load_task_config(str(CONFIG), 'linear')
    cfg.model.backbone = dict(type='GivenFeatures')
    cfg.model.cls_head.update(in_channels=args.channels, num_classes=args.classes)
    features = dict(type='GeneratedFeatures', channels=args.channels, num_classes=args.classes)
    cfg.train_dataloader.dataset = dict(size=args.sequences, **features)
    cfg.val_dataloader.dataset = dict(size=args.queries, first=args.sequences, **features)
    cfg.test_dataloader = cfg.test_cfg = cfg.test_evaluator = cfg.load_from = None
    for loader in cfg.train_dataloader, cfg.val_dataloader:
        loader.update(num_workers=0, persistent_workers=False)
    cfg.train_cfg.max_epochs = args.epochs
    cfg.work_dir = work_dir
    return cfg


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--sequences', type=int, default=40091, help='training sequences')
    parser.add_argument('--queries', type=int, default=16487, help='test sequences')
    parser.add_argument('--channels', type=int, default=4096, help='channels of a feature')
    parser.add_argument('--classes', type=int, default=60)
    parser.add_argument('--epochs', type=int, default=80)
    return parser.parse_args(argv)


def main() -> None:
    """Run the script."""
    args = parse_args()
    with TemporaryDirectory() as work_dir:
        runner = Runner.from_cfg(make_config(args, work_dir))
        start = time.perf_counter()
        runner.train()
        seconds = time.perf_counter() - start
    accuracy = runner.message_hub.get_scalar('val/acc/top1').current()
    print(f'{args.sequences} x {args.channels} features, {args.queries} queries, {args.classes} '
          f'classes, {args.epochs} epochs, {torch.get_num_threads()} threads: {seconds:.0f} s, '
          f'acc/top1 {accuracy:.4f}')


if __name__ == '__main__':
    main()
