"""Checks of what a benchmark is asked for."""
from collections.abc import Sequence

from mmengine.config import Config

from hico_mm.apis.inference import load_recognizer


def check_numbers(seeds: int, draws: int) -> None:
    """Refuse numbers of repetitions that are none.

    Args:
        seeds (int): Number of seeds.
        draws (int): Number of draws of the labels.

    Raises:
        ValueError: If a number is below 1.
    """
    for option, number in (('--seeds', seeds), ('--draws', draws)):
        if number < 1:
            raise ValueError(f'{option} {number}: expected at least 1.')


def check_tasks(tasks: Sequence[str], labels: Sequence[float]) -> None:
    """Refuse labelled fractions that are none, and what would be counted twice.

    Args:
        tasks (Sequence[str]): The tasks.
        labels (Sequence[float]): Labelled fractions.

    Raises:
        ValueError: If a fraction is out of range, or something is there twice.
    """
    for fraction in labels:
        if not 0 < fraction <= 1:
            raise ValueError(f'--labels {fraction:g}: expected fractions above 0 and up to 1, such as '
                             '0.01 for 1 % of the labels.')
    # Fractions that are written alike have the same folder.
    for option, names in (('--tasks', tasks), ('--labels', [f'{fraction:g}' for fraction in labels])):
        if len(set(names)) < len(names):
            raise ValueError(f"{option} {' '.join(names)}: name each once, since a repetition is no new "
                             'measurement.')


def check_checkpoints(number: int, seeds: int, configs: int) -> None:
    """Refuse a number of encoders that does not say which is for which seed and config.

    Args:
        number (int): Number of encoders.
        seeds (int): Number of seeds.
        configs (int): Number of pre-training configs.

    Raises:
        ValueError: If the number does not fit, or fits in two ways.
    """
    if number and not configs:
        raise ValueError(f'--checkpoint names {number} files, but supervised configs take none. Leave '
                         'it out, or name a pre-training config.')
    if number == seeds == configs > 1:
        raise ValueError(
            f'--checkpoint names {number} files, which may be one per seed or one per config. Name '
            f'seeds x configs = {seeds * configs} files, those of all seeds for each config in turn.')
    if number not in (0, 1, seeds, seeds * configs):
        raise ValueError(
            f'--checkpoint names {number} files for {seeds} seed(s) and {configs} config(s). Name one, '
            f'one per seed ({seeds}), or one per seed for each config in turn ({seeds * configs}).')


def check_encoder(cfg: Config, checkpoint: str) -> None:
    """Refuse a checkpoint of another encoder than a config has.

    Args:
        cfg (Config): The pre-training config.
        checkpoint (str): Path of the checkpoint; a URL is left to MMEngine.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ValueError: If it cannot be read or does not fit.
    """
    if '://' not in checkpoint:
        load_recognizer(cfg, checkpoint, with_head=False)


def check_sort(sort: str | None, columns: Sequence[str]) -> None:
    """Refuse a column that the comparison will not have.

    Args:
        sort (str, optional): Name of the column, None for that of the first accuracy.
        columns (Sequence[str]): Names of those that it will have.

    Raises:
        ValueError: If it is not among them.
    """
    if sort not in (None, *columns):
        raise ValueError(f'--sort {sort}: the comparison has no such column. Name one of '
                         f"{', '.join(columns)}.")
