"""What MMEngine logged of a training, as curves over its epochs."""
import json
import math
from pathlib import Path

Curve = dict[float, float]  # value by epoch


def read_curves(path: str) -> tuple[dict[str, Curve], dict[str, Curve]]:
    """Read the curves of training and those of validation from a work dir, or from a scalars.json.

    Training is logged within epochs, too, such as at 0.5. Epoch 0 of validation is the untrained model.
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
    records, lines = [], log.read_text(encoding='utf-8').splitlines()
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            if number == len(lines):  # the run was killed, or is writing right now
                continue
            record = None
        if not isinstance(record, dict) or 'step' not in record:
            raise ValueError(f'{log}, line {number}, is no record of scalars with their step. Name a '
                             'scalars.json of MMEngine.')
        records.append(record)
    return records
