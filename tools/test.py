"""Test a model: ``python tools/test.py CONFIG CHECKPOINT``, options as in MMAction2."""
import argparse
import os
import os.path as osp
from collections.abc import Sequence

import mmengine
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.evaluator import BaseMetric

from hico_mm.datasets import check_annotation_files
from hico_mm.evaluation import KNNMetric
from hico_mm.utils import check_checkpoint, check_writable, load_config
from hico_mm.utils.errors import readable_errors
from hico_mm.utils.launch import (
    TestRunner,
    add_launch_arguments,
    build_runner,
    merge_launch_arguments,
)
from hico_mm.utils.safe_pickle import read_pickle
from hico_mm.utils.tasks import check_encoder


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Test a model')
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    add_launch_arguments(parser)
    parser.add_argument('--dump', metavar='FILE.pkl', help='write all predictions to this pickle')
    parser.add_argument('--show', action='store_true', help=argparse.SUPPRESS)
    for option in ('--show-dir', '--interval', '--wait-time'):  # MMAction2's, for --show
        parser.add_argument(option, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.show or args.show_dir is not None:
        parser.error("--show and --show-dir draw on video frames, which skeletons do not have: "
                     "MMAction2's VisualizationHook cannot show them")
    if args.dump is not None and not args.dump.endswith(('.pkl', '.pickle')):
        parser.error(f'--dump {args.dump}: the file has to end in .pkl or .pickle')
    return args


def unfinished(dump: str) -> str:
    """Where predictions are written until they are complete: MMEngine writes in place."""
    return f'{dump}.unfinished.pkl'


def merge_args(cfg: Config, args: argparse.Namespace) -> None:
    """Write the command line into the config, in place."""
    merge_launch_arguments(cfg, args)
    cfg.load_from, cfg.resume = args.checkpoint, False
    if args.dump is not None:
        evaluators = cfg.test_evaluator
        if not isinstance(evaluators, (list, tuple)):
            evaluators = [evaluators]
        cfg.test_evaluator = [
            *evaluators, dict(type='DumpResults', out_file_path=unfinished(args.dump))]


def add_knn(dump: str, metrics: Sequence[BaseMetric]) -> None:
    """Add to dumped queries what the head of a classifier gives: label and score, 1 for that label."""
    for metric in metrics:
        if isinstance(metric, KNNMetric):
            samples = read_pickle(dump, 'Test again.')
            labels = torch.cat([sample['gt_label'].flatten() for sample in samples])
            num_classes = max(len((metric.dataset_meta or {}).get('classes') or ()),
                              1 + int(torch.cat([labels, metric.predicted]).max()))
            for sample, label in zip(samples, metric.predicted, strict=True):
                score = F.one_hot(label, num_classes).float()
                sample.update(pred_label=label[None].clone(), pred_score=score)
            mmengine.dump(samples, dump)


def main() -> None:
    args = parse_args()
    with readable_errors():
        cfg = load_config(args.config, args.cfg_options)
        merge_args(cfg, args)
        check_writable(cfg.work_dir, '--work-dir')
        if args.dump is not None:
            check_writable(osp.dirname(osp.abspath(args.dump)), '--dump')
        check_annotation_files(cfg.get('test_dataloader'), cfg.get('test_cfg'))
        check_checkpoint(args.checkpoint)
        check_encoder(cfg, args.checkpoint)
        runner = build_runner(cfg, TestRunner)
        runner.test()
    if args.dump is not None and is_main_process():
        add_knn(unfinished(args.dump), runner.test_loop.evaluator.metrics)
        os.replace(unfinished(args.dump), args.dump)
        print(f'Predictions: {args.dump}')


if __name__ == '__main__':
    main()
