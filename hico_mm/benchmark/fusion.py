"""Streams of one data set, fused after their linear evaluations (Figure 3)."""
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hico_mm.evaluation.functional import dump_accuracy, fuse_scores, load_score_dump

from .execute import SCORES
from .provenance import code_commit
from .steps import Step


def check_fusion(weights: Sequence[float], tasks: Mapping[str, Sequence[str]]) -> None:
    """Refuse a fusion that could not be made, before anything is trained for it.

    Args:
        weights (Sequence[float]): One for each config, or none for equal ones.
        tasks (Mapping[str, Sequence[str]]): Tasks by config.

    Raises:
        ValueError: If there is one config only, one is without linear evaluation, or the weights do
            not fit.
    """
    if len(tasks) < 2:
        raise ValueError(f'--fuse fuses streams, but got the one config {list(tasks)}. Name one config '
                         'for each stream.')
    without = [config for config, names in tasks.items() if 'linear' not in names]
    if without:
        raise ValueError(f'--fuse fuses linear evaluations, but {without} are to run without. Add '
                         'linear to --tasks.')
    if weights and len(weights) != len(tasks):
        raise ValueError(f'--fuse {list(weights)}: {len(weights)} weights do not fit {len(tasks)} '
                         'configs. Give one for each, or none for equal ones.')
    if weights and not (all(0 <= x < math.inf for x in weights) and any(weights)):
        raise ValueError(f'--fuse {list(weights)}: expected finite weights, none below 0 and at least '
                         'one above.')


def fuse_linear(out: Path, configs: Sequence[str], seed: int, encoders: Sequence[str],
                weights: Sequence[float]) -> Iterator[tuple[Step, dict]]:
    """Fuse the linear evaluations of one seed.

    Args:
        out (Path): Folder of the benchmark.
        configs (Sequence[str]): Names of the streams' configs.
        seed (int): The seed.
        encoders (Sequence[str]): Encoders that were evaluated.
        weights (Sequence[float]): One for each config, or none for equal ones.

    Yields:
        tuple[Step, dict]: Step and result for each encoder.
    """
    for encoder in encoders:
        paths = [out / Step(config, seed, 'linear', encoder).folder / SCORES for config in configs]
        fused = fuse_scores([load_score_dump(str(path)) for path in paths], weights or None, configs)
        step = Step('+'.join(configs), seed, 'fusion', encoder)
        yield step, dict(
            value=100 * dump_accuracy(fused)['top1'], last_epoch=None, best=None, seconds=None,
            samples_per_second=None, commit=code_commit())
