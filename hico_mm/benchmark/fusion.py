"""Streams of one data set, fused after their linear evaluations (Figure 3)."""
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmengine.config import Config

from hico_mm.evaluation.functional import dump_accuracy, fuse_scores, load_score_dump
from hico_mm.evaluation.functional.fuse_scores import check_weights
from hico_mm.utils.provenance import code_commit, device_name

from .jobs import Job
from .records import write_result
from .run import SCORES

LONGEST_NAME = 255  # bytes of a folder's name
TEST_DATA = ('ann_file', 'split', 'num_classes')  # entries of a data set that streams share


def check_fusion(weights: Sequence[float], cfgs: Mapping[str, Config],
                 tasks: Mapping[str, Sequence[str]]) -> None:
    """Raise a ValueError for a fusion that could not be made, before anything is trained for it.

    There is one weight for each config, or none if all are equal. ``tasks`` are those of each config.
    """
    if len(cfgs) < 2:
        raise ValueError(f'--fuse fuses streams, but got the one config {list(cfgs)}. Name one config '
                         'for each stream.')
    without = [config for config, names in tasks.items() if 'linear' not in names]
    if without:
        raise ValueError(f'--fuse fuses linear evaluations, but {without} have none in this run. Add '
                         'linear to --tasks, and leave out supervised configs.')
    (first, expected), *others = [
        (name, {key: cfg.val_dataloader.dataset.get(key) for key in TEST_DATA})
        for name, cfg in cfgs.items()]
    for name, data in others:
        if data != expected:
            raise ValueError(f'--fuse fuses streams of the same sequences, but {name} is tested on '
                             f'{data} and {first} on {expected}. Name configs of one data set and '
                             'split.')
    if weights:
        check_weights(weights, len(cfgs))
    name = fusion_name(list(cfgs), weights)
    if len(name.encode()) > LONGEST_NAME:
        raise ValueError(f'--fuse makes a folder of the names, but {name} has more than {LONGEST_NAME} '
                         'bytes. Fuse fewer streams, or give the configs shorter names.')


def fusion_name(configs: Sequence[str], weights: Sequence[float]) -> str:
    """The names joined by '+', with the weights behind them unless they are equal."""
    equal = len(set(weights)) <= 1
    return '+'.join(configs) + ('' if equal else f" ({' : '.join(f'{weight:g}' for weight in weights)})")


def fuse_linear(job: Job, out: Path, configs: Sequence[str], weights: Sequence[float],
                smoke: bool = False) -> dict:
    """Fuse the linear evaluations of the job's seed and encoder, with a result as of ``run_job``."""
    paths = [out / Job(config, job.seed, 'linear', job.encoder).folder / SCORES for config in configs]
    fused = fuse_scores([load_score_dump(str(path)) for path in paths], weights or None, configs)
    result = dict(
        value=100 * dump_accuracy(fused)['top1'], last_epoch=None, best=None, seconds=None,
        samples_per_second=None, commit=code_commit(), device=device_name(), smoke=smoke)
    write_result(out / job.folder, job, result)
    return result
