"""Streams of one data set, fused after their linear evaluations (Figure 3)."""
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mmengine.config import Config

from hico_mm.evaluation.functional import dump_accuracy, fuse_scores, load_score_dump
from hico_mm.evaluation.functional.fuse_scores import check_weights
from hico_mm.utils.provenance import code_commit, device_name

from .execute import SCORES
from .step_results import write_result
from .steps import Step

LONGEST_NAME = 255  # bytes of a folder's name
TEST_DATA = ('ann_file', 'split', 'num_classes')  # entries of a data set that streams share


def check_fusion(weights: Sequence[float], cfgs: Mapping[str, Config],
                 tasks: Mapping[str, Sequence[str]]) -> None:
    """Refuse a fusion that could not be made, before anything is trained for it.

    Args:
        weights (Sequence[float]): One for each config, or none for equal ones.
        cfgs (Mapping[str, Config]): The streams' configs by name.
        tasks (Mapping[str, Sequence[str]]): Tasks by config.

    Raises:
        ValueError: If there is one config only, one is without linear evaluation, they are tested on
            different data, the weights do not fit, or the name of the fusion is too long.
    """
    if len(cfgs) < 2:
        raise ValueError(f'--fuse fuses streams, but got the one config {list(cfgs)}. Name one config '
                         'for each stream.')
    without = [config for config, names in tasks.items() if 'linear' not in names]
    if without:
        raise ValueError(f'--fuse fuses linear evaluations, but {without} are to run without. Add '
                         'linear to --tasks; supervised configs have none.')
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
    name = _name(list(cfgs), weights)
    if len(name.encode()) > LONGEST_NAME:
        raise ValueError(f'--fuse makes a folder of the names, but {name} has more than {LONGEST_NAME} '
                         'bytes. Fuse fewer streams, or give the configs shorter names.')


def fusion_steps(configs: Sequence[str], seed: int, encoders: Sequence[str],
                 weights: Sequence[float]) -> list[Step]:
    """List the fusions of one seed.

    Args:
        configs (Sequence[str]): Names of the streams' configs.
        seed (int): The seed.
        encoders (Sequence[str]): Encoders that are evaluated.
        weights (Sequence[float]): One for each config, or none for equal ones.

    Returns:
        list[Step]: A step for each encoder. Its config is the names joined by '+', with the weights
        behind them unless they are equal.
    """
    return [Step(_name(configs, weights), seed, 'fusion', encoder) for encoder in encoders]


def fuse_linear(out: Path, configs: Sequence[str], seed: int, encoders: Sequence[str],
                weights: Sequence[float], smoke: bool = False) -> Iterator[tuple[Step, dict]]:
    """Fuse the linear evaluations of one seed.

    Args:
        out (Path): Folder of the benchmark.
        configs (Sequence[str]): Names of the streams' configs.
        seed (int): The seed.
        encoders (Sequence[str]): Encoders that were evaluated.
        weights (Sequence[float]): One for each config, or none for equal ones.
        smoke (bool): Whether the configs are small ones. Defaults to False.

    Yields:
        tuple[Step, dict]: Each of :func:`fusion_steps` with its result.
    """
    for step in fusion_steps(configs, seed, encoders, weights):
        paths = [out / Step(config, seed, 'linear', step.encoder).folder / SCORES for config in configs]
        fused = fuse_scores([load_score_dump(str(path)) for path in paths], weights or None, configs)
        result = dict(
            value=100 * dump_accuracy(fused)['top1'], last_epoch=None, best=None, seconds=None,
            samples_per_second=None, commit=code_commit(), device=device_name(), smoke=smoke)
        write_result(out / step.folder, step, result)
        yield step, result


def _name(configs: Sequence[str], weights: Sequence[float]) -> str:
    equal = len(set(weights)) <= 1
    return '+'.join(configs) + ('' if equal else f" ({' : '.join(f'{weight:g}' for weight in weights)})")
