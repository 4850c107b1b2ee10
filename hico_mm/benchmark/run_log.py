"""What a training says of itself: its evaluations and its speed."""
import json
import math
from pathlib import Path
from statistics import fmean

from mmengine.hooks import Hook
from mmengine.logging import MessageHub
from mmengine.runner import Runner

from hico_mm.utils import atomic_write

FILE_NAME = 'evaluations.json'
WARM_UP = 10  # iterations


class EvaluationsHook(Hook):
    """Keeps the validations of a training in ``evaluations.json``, through interruptions.

    MMEngine's checkpoints lack the validation of their own epoch, which comes after them, and its log
    may be smoothed.

    Args:
        metric (str): Name of the metric, such as 'acc/top1'.
    """

    def __init__(self, metric: str) -> None:
        self.metric = metric

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Add the epoch, or raise a KeyError if its evaluation lacks the metric."""
        evaluations = read_evaluations(runner.work_dir)
        evaluations[runner.epoch] = metric_value(metrics, self.metric)
        with atomic_write(Path(runner.work_dir, FILE_NAME)) as file:
            file.write(json.dumps(evaluations).encode())


def metric_value(metrics: dict[str, float] | None, name: str) -> float:
    """Take one value of an evaluation.

    Args:
        metrics (dict[str, float], optional): What the evaluation gave.
        name (str): Name of the metric, such as 'acc/top1'.

    Returns:
        float: The value.

    Raises:
        KeyError: If it is not there.
    """
    if name not in (metrics or {}):
        raise KeyError(f'The evaluation gives {sorted(metrics or {})}, but {name!r} is expected. Let '
                       'the evaluators and loops of the config measure it.')
    return float(metrics[name])


def read_evaluations(work_dir: str) -> dict[int, float]:
    """Read the validations of a training.

    Args:
        work_dir (str): Folder of the training.

    Returns:
        dict[int, float]: Value by epoch; epoch 0 is before training.
    """
    path = Path(work_dir, FILE_NAME)
    saved = json.loads(path.read_text()) if path.exists() else {}
    return {int(epoch): value for epoch, value in saved.items()}


def best_evaluation(evaluations: dict[int, float]) -> tuple[int, float]:
    """Find the best epoch of training, the first of equals.

    Args:
        evaluations (dict[int, float]): Value by epoch, at least one above 0.

    Returns:
        tuple[int, float]: Epoch and value.
    """
    trained = [item for item in evaluations.items() if item[0] > 0]
    return max(trained, key=lambda item: (item[1], -item[0]))


def iteration_times(hub: MessageHub) -> list[float]:
    """List how long the iterations of a training took, also when it was resumed.

    Args:
        hub (MessageHub): The training's message hub, which checkpoints keep.

    Returns:
        list[float]: Seconds, data loading included, evaluations not.
    """
    return hub.get_scalar('train/time').data[0].tolist()


def samples_per_second(times: list[float], samples: float) -> float:
    """Measure the speed of a training without its first iterations.

    Args:
        times (list[float]): Seconds of each iteration, at least one.
        samples (float): Mean number of samples of an iteration.

    Returns:
        float: The speed.
    """
    return samples / fmean(times[min(WARM_UP, len(times) // 2):])


Curve = dict[float, float]  # value by epoch


def read_curves(path: str) -> tuple[dict[str, Curve], dict[str, Curve]]:
    """Read the scalars of a training by epochs, and of all runs that resumed it.

    Args:
        path: Work dir of the training, or one file ``scalars.json``.

    Returns:
        The curves of training and the curves of validation, by name of the value. Training is logged
        within epochs, too, such as at 0.5. Epoch 0 of validation is the untrained model.

    Raises:
        FileNotFoundError: There is no log.
        ValueError: A log cannot be read.
    """
    training, validation = {}, {}
    for log in _find_logs(Path(path)):
        records = _read_records(log)
        # The step of a training record is its iteration, that of a validation record its epoch.
        per_epoch = max((record['step'] / record['epoch'] for record in records if 'epoch' in record),
                        default=1)
        epochs = [record['step'] / (per_epoch if 'epoch' in record else 1) for record in records]
        # A resumed run repeats what came after its checkpoint.
        for curve in (*training.values(), *validation.values()):
            for epoch in [epoch for epoch in curve if epoch > min(epochs, default=math.inf)]:
                del curve[epoch]
        for epoch, record in zip(epochs, records, strict=True):
            is_training = 'epoch' in record
            for key, value in record.items():
                if is_training or '/' in key:  # metrics are named as knn/top1; the others are times
                    (training if is_training else validation).setdefault(key, {})[epoch] = value
    return training, validation


def _find_logs(path: Path) -> list[Path]:
    """The logs in the order of their runs: MMEngine names the folder of each run by its time."""
    logs = [path] if path.is_file() else sorted(path.glob('*/vis_data/scalars.json'))
    if not logs:
        raise FileNotFoundError(f'{path} has no */vis_data/scalars.json and is no such file. Name the '
                                'work dir of a run, such as work_dirs/hico_demo.')
    return logs


def _read_records(log: Path) -> list[dict]:
    records = []
    lines = log.read_text(encoding='utf-8').splitlines()
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines):  # the run was killed, or is writing right now
                continue
            raise ValueError(f'{log}, line {number}, is no JSON: {error}. Name a scalars.json of '
                             'MMEngine.') from error
        if not isinstance(record, dict) or 'step' not in record:
            raise ValueError(f'{log}, line {number}, is no record of scalars with their step. Name a '
                             'scalars.json of MMEngine.')
        records.append(record)
    return records
