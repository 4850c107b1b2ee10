"""Curves of a run from the scalars that MMEngine logs."""
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

# Value by epoch.
Curve = dict[float, float]


def find_logs(path: str) -> list[Path]:
    """Find the logs of a run, those of resumed ones after the ones they continue.

    Args:
        path (str): Work dir of the run, or one file ``scalars.json``.

    Returns:
        list[Path]: The files.

    Raises:
        FileNotFoundError: There are none.
    """
    if Path(path).is_file():
        return [Path(path)]
    # MMEngine names the folder of each start by its time.
    logs = sorted(Path(path).glob('*/vis_data/scalars.json'))
    if not logs:
        raise FileNotFoundError(f'{path} has no */vis_data/scalars.json and is no such file. Name the '
                                'work dir of a run, such as work_dirs/hico_demo.')
    return logs


def read_curves(logs: Iterable[Path]) -> tuple[dict[str, Curve], dict[str, Curve]]:
    """Read what an epoch-based run logged.

    Args:
        logs (Iterable[Path]): Logs of the run and of those that resumed it, in their order. What an
            earlier one logged after the epoch from which the later one went on is void.

    Returns:
        tuple[dict[str, Curve], dict[str, Curve]]: The curves of training and those of validation, by
        key. Epochs of training are counted with fractions; 0 is the untrained model.

    Raises:
        ValueError: If a log cannot be read.
    """
    training, validation = {}, {}
    for log in logs:
        records = _read_records(log)
        # The steps of training are iterations, those of validation epochs.
        per_epoch = max((record['step'] / record['epoch'] for record in records if 'epoch' in record),
                        default=1)
        epochs = [record['step'] / (per_epoch if 'epoch' in record else 1) for record in records]
        for curve in (*training.values(), *validation.values()):
            for epoch in [epoch for epoch in curve if epoch > min(epochs, default=math.inf)]:
                del curve[epoch]
        for epoch, record in zip(epochs, records, strict=True):
            curves = training if 'epoch' in record else validation
            # Of validation, without the times: measures are named after their metric, knn/top1.
            for key in record if 'epoch' in record else [key for key in record if '/' in key]:
                curves.setdefault(key, {})[epoch] = record[key]
    return training, validation


def choose_keys(training: Iterable[str], validation: Iterable[str]) -> list[str]:
    """Choose what to draw: the losses of all levels and the first measure of accuracy.

    Args:
        training (Iterable[str]): Keys of the curves of training.
        validation (Iterable[str]): Keys of the curves of validation.

    Returns:
        list[str]: The keys.
    """
    losses = [key for key in training if key.startswith('loss_')]
    return losses + [key for key in validation if key.endswith('/top1')][:1]


def _read_records(log: Path) -> Sequence[dict]:
    records = []
    lines = log.read_text(encoding='utf-8').splitlines()
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines):  # a run that was killed, or is writing right now
                continue
            raise ValueError(f'{log}, line {number}, is no JSON: {error}. Name a scalars.json of '
                             'MMEngine.') from error
        if not isinstance(record, dict) or 'step' not in record:
            raise ValueError(f'{log}, line {number}, is no record of scalars with their step. Name a '
                             'scalars.json of MMEngine.')
        records.append(record)
    return records
