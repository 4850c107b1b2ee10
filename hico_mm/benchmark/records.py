"""What a benchmark keeps on disk: settings and result of each job, and what the configs cost."""
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

import torch
from mmengine.config import Config

from hico_mm.datasets.packed_store import HEADER, INDEX
from hico_mm.utils import atomic_write, iter_dicts, plain
from hico_mm.utils.options import leaves
from hico_mm.utils.provenance import device_name

from .cost import measure_costs
from .jobs import Job

SETTINGS_FILE, RESULT_FILE, COSTS_FILE = 'settings.json', 'result.json', 'costs.json'
TRAINING = ('model', 'train_dataloader', 'train_cfg', 'optim_wrapper', 'param_scheduler',
            'auto_scale_lr', 'custom_hooks', 'randomness')
EVALUATION = ('test_dataloader', 'test_cfg', 'test_evaluator')
# The result of a trained task comes from its validation, its scores from the test.
VALIDATION = ('val_dataloader', 'val_cfg', 'val_evaluator')
# A pre-training does not depend on its validation: configs that share one validate on other data.
BY_TASK = dict(pretrain=TRAINING, knn=('model', 'randomness') + EVALUATION,
               cost=('model', 'train_dataloader', 'optim_wrapper'))
# No result depends on the processes that read the data.
HARMLESS = ('num_workers', 'persistent_workers')


def settings_of(config: Config, task: str, checkpoint: str | None = None, data: bool = True) -> dict:
    """Collect what a result depends on, as JSON gives it back; ``task`` may be 'cost', too.

    With ``data``, annotation files are known by their content, packed stores by that of their index.
    """
    keys = BY_TASK.get(task, TRAINING + EVALUATION + VALIDATION)
    encoder = checkpoint
    if checkpoint is not None and '://' not in checkpoint:  # a URL stands for itself
        encoder = _hash(Path(checkpoint))
    settings = {key: plain(config.get(key)) for key in keys}
    for node in iter_dicts(settings):
        for key in HARMLESS:
            node.pop(key, None)
    if data:
        files = {file for node in iter_dicts(settings) for file in _data_files(node)}
        settings['data'] = {str(file): _hash(file) for file in files if file.is_file()}
    if task == 'pretrain':  # trains all of a group of encoders, whichever are evaluated
        settings['model'].get('backbone', {}).pop('instance', None)
    return dict(settings, encoder=encoder)


def _data_files(node: dict) -> list[Path]:
    if node.get('ann_file'):
        return [Path(node.get('data_root') or '', node['ann_file'])]
    return [Path(node['path'], name) for name in (HEADER, INDEX)] if node.get('path') else []


def _hash(path: Path) -> str:
    stat = path.stat()
    return _hash_once(path, stat.st_size, stat.st_mtime_ns)


@cache  # of large files that many jobs read
def _hash_once(path: Path, *_: int) -> str:
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while chunk := file.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()


def check_settings(folder: Path, settings: dict) -> None:
    """Raise a ValueError if a job was begun in this folder with other settings or data."""
    saved = _read(folder / SETTINGS_FILE)
    both = saved.keys() & settings.keys()  # another version may have written less
    before, now = (leaves(plain({key: entries[key] for key in both})) for entries in (saved, settings))
    differing = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    if differing:
        shown = ', '.join(f'{key} {before.get(key)!r} -> {now.get(key)!r}' for key in differing[:4])
        shown += f' and {len(differing) - 4} more' * (len(differing) > 4)
        raise ValueError(
            f'{folder} was made with other settings or data, before -> now: {shown}. Choose '
            'another folder by --out, remove this one to make it anew, or restore them.')


def write_settings(folder: Path, settings: dict) -> None:
    _write(folder / SETTINGS_FILE, settings)


def write_result(folder: Path, job: Job, result: dict) -> None:
    _write(folder / RESULT_FILE, dict(job=asdict(job), result=result))


def read_result(folder: Path) -> dict | None:
    """Read the result of the job in a folder; None if it is not finished."""
    path = folder / RESULT_FILE
    return _read_result(path)[1] if path.exists() else None


def read_results(out: Path) -> dict[Job, dict]:
    """Read the results of all jobs that any command finished in the folder of a benchmark.

    A job's folder that somebody renamed is left out.
    """
    results = {}
    for path in sorted(out.glob(f'*/seed_*/*/{RESULT_FILE}')):
        job, result = _read_result(path)
        if path.parent == out / job.folder:
            results[job] = result
    return results


def _read_result(path: Path) -> tuple[Job, dict]:
    content = _read(path)
    return Job(**content['job']), content['result']


def update_costs(out: Path, cfgs: Mapping[str, Config], training: bool = True, **options) -> None:
    """Measure what configs cost, unless all of them were measured together before.

    Only the times of one measurement can be compared. So a new or changed config, another machine or
    another PyTorch means that all configs are measured again. Costs of other configs are dropped.
    """
    measurement = dict(
        device=device_name(), threads=torch.get_num_threads(), torch=torch.__version__, **options)
    settings = {name: dict(settings_of(cfg, 'cost', data=False), **measurement)
                for name, cfg in cfgs.items()}
    saved = _read(out / COSTS_FILE)
    if all(name in saved and saved[name]['settings'] == own
           and saved[name].get('training', True) >= training for name, own in settings.items()):
        return
    print(f'Measuring what {len(cfgs)} configs cost', flush=True)
    costs = measure_costs(cfgs, training=training, **options)
    _write(out / COSTS_FILE,
           {name: dict(settings=own, training=training, cost=costs[name])
            for name, own in settings.items()})


def read_costs(out: Path) -> dict[str, dict]:
    return {name: entry['cost'] for name, entry in _read(out / COSTS_FILE).items()}


def _read(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def _write(path: Path, content: dict) -> None:
    with atomic_write(path) as file:
        file.write(json.dumps(content, indent=1).encode())
