"""Downstream tasks of a pre-training config, by the files in ``configs/tasks``."""
import inspect
import logging
import os
import os.path as osp
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mmengine.config import Config

from hico_mm.paths import CONFIGS

from .checkpoint import last_checkpoint
from .config import load_config
from .nodes import find_classes, plain, spell_types, type_name
from .options import TASK_OPTIONS, merge_options

# Options that belong to the pre-training: entries of the task follow from them.
PRETRAINING_OPTIONS = ('model.backbone', 'model.data_preprocessor', *TASK_OPTIONS)
# What launchers tell their processes: torchrun, Slurm, MPI.
RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')
# Entries of an encoder and its input that a task may change. Wrong numbers of frames or persons show in
# the shapes of the weights.
FREE = ('frozen', 'init_cfg', 'dropout', 'tcn_dropout', 'num_persons', 'num_frames', 'to_float32',
        'non_blocking', 'instance')


def load_task_config(path: str, task: str, options: dict | None = None,
                     also: tuple[str, ...] = ()) -> Config:
    """Read the config of a task, the name of a file in ``configs/tasks``, for a pre-training config.

    If the pre-training has left its config in its work dir, that one is taken instead: it has the
    encoder, the input and the data that were really trained. Options of the encoder and of its input are
    merged into the pre-training config, the others, ``also`` as in ``merge_options``, into that of the
    task.
    """
    options = options or {}
    for option in options:
        if option.startswith('tasks.'):
            raise ValueError(f'--cfg-options {option}: the options of a task are entries of its own '
                             f"config. Leave out 'tasks.' and the name of the task.")
    encoder = {key: value for key, value in options.items() if key.startswith(PRETRAINING_OPTIONS)}
    cfg = load_config(path, encoder, TASK_OPTIONS)
    if _is_work_dir(osp.dirname(cfg.filename)):
        cfg.work_dir = osp.dirname(cfg.filename)  # the folder may have been moved
    pretrained_checkpoint(cfg)  # refuses what has none
    work_dir = osp.dirname(options['load_from']) if options.get('load_from') else _work_dir(cfg)
    name, at, data = _stem(cfg).partition('@')
    trained = osp.join(work_dir, f'{name}.py')
    if _is_work_dir(work_dir) and osp.isfile(trained):
        print_once(f'The task takes the config that was trained: {trained}')
        cfg = load_config(f'{trained}{at}{data}', encoder, TASK_OPTIONS)
        cfg.work_dir = work_dir
    cfg = make_task_config(cfg, task)
    merge_options(cfg, {key: value for key, value in options.items() if key not in encoder}, also)
    return cfg


def make_task_config(pretraining: Config, task: str) -> Config:
    """Make the config of a task from a pre-training config in memory, which is not changed."""
    tasks = sorted(file.stem for file in (CONFIGS / 'tasks').glob('*.py'))
    if task not in tasks:
        raise KeyError(f"There is no task {task!r}; {CONFIGS / 'tasks'} has {tasks}.")
    _check_pretraining(pretraining)
    name = _stem(pretraining)
    with TemporaryDirectory() as folder:
        source = osp.join(folder, f'{name}.py')
        unformatted(pretraining).dump(source)
        with _pretrain(source):
            cfg = load_config(str(CONFIGS / 'tasks' / f'{task}.py'))
    # Under this name the Runner writes the config into the work dir.
    text = f'# {task} of {pretraining.filename}'
    return Config(dict(cfg), cfg_text=text, filename=f'{name}_{task}.py')


def pretrained_checkpoint(pretraining: Config) -> str:
    """Say where a pre-training leaves its last checkpoint."""
    if 'max_epochs' not in (pretraining.get('train_cfg') or {}):
        raise ValueError(f'{pretraining.filename} does not train by epochs, but a task begins with the '
                         'checkpoint of its last epoch. Set train_cfg.max_epochs.')
    return last_checkpoint(pretraining, _work_dir(pretraining))


def _work_dir(cfg: Config) -> str:
    return cfg.get('work_dir') or osp.join('work_dirs', _stem(cfg))


def check_encoder(cfg: Config, checkpoint: str | None = None) -> None:
    """Refuse a stream or an encoder that is not that of the config beside the checkpoint.

    Without a checkpoint it is the one that a task begins with, its ``load_from``.
    """
    model, source = cfg.get('model') or {}, checkpoint or cfg.get('load_from')
    if not source or not (checkpoint or 'cls_head' in model) or not _is_work_dir(osp.dirname(source)):
        return
    beside = sorted(Path(source).parent.glob('*.py'))
    if len(beside) != 1:
        return
    trained = load_config(str(beside[0])).get('model') or {}
    for part in ('data_preprocessor', 'backbone'):
        before, now = trained.get(part) or {}, model.get(part) or {}
        if type_name(before) != type_name(now):  # such as ST-GCN without PooledGCN
            continue
        for key, old, new in _differences(before, now):
            raise ValueError(
                f'{source} was trained with model.{part}.{key}={old!r} ({beside[0]}), but the config '
                f'has {new!r}. Name the config that was trained, or add --cfg-options '
                f'model.{part}.{key}={old}')


def _differences(before: dict, now: dict) -> Iterator[tuple[str, Any, Any]]:
    """Yield key and both values of what two configs of a module have unlike, defaults filled in."""
    before, now = (plain({**_defaults(module), **module}) for module in (before, now))
    for key in sorted((before.keys() | now.keys()) - set(FREE)):
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from ((f'{key}.{inner}', *values) for inner, *values in _differences(old, new))
        elif None not in (old, new) and old != new and not (
                key == 'parents' and before.get('stream') == 'joint'):  # which does not need them
            yield key, old, new


def _defaults(module: dict) -> dict:
    """Default arguments of the class that a config names."""
    kinds = find_classes(module['type']) if 'type' in module else []
    parameters = inspect.signature(kinds[0]).parameters if kinds else {}
    return {name: parameter.default for name, parameter in parameters.items()
            if parameter.default is not parameter.empty and parameter.default is not None}


def print_once(text: str) -> None:
    """Print on the first of the processes that a launcher starts; they are not connected yet."""
    if all(os.environ.get(rank, '0') == '0' for rank in RANKS):
        print(text)


def _is_work_dir(folder: str) -> bool:
    """Whether a training has left checkpoints in a folder. Other Python files are not to be run."""
    return osp.isfile(osp.join(folder, 'last_checkpoint'))


def _check_pretraining(cfg: Config) -> None:
    """Refuse a config of which no task can be made."""
    try:
        _, queries = cfg.val_cfg.gallery_dataloader.dataset, cfg.val_dataloader.dataset
    except AttributeError as error:
        raise ValueError(f'{cfg.filename} has no kNN evaluation, whose gallery and queries are the '
                         'labelled data of a task. Name a pre-training config with '
                         'val_cfg.gallery_dataloader and val_dataloader.') from error
    if queries.get('num_classes') is None:
        raise ValueError(f'{cfg.filename} does not say how many classes there are. Set '
                         'val_dataloader.dataset.num_classes.')
    pretrained_checkpoint(cfg)
    missing = [key for key in ('evaluate_pipeline', 'finetune_pipeline') if key not in cfg]
    if missing:
        raise ValueError(f'{cfg.filename} lacks {missing}, the training pipelines of the tasks. Add '
                         'them, as configs/_base_/pipelines/ntu25.py has them.')


def unformatted(cfg: Config) -> Config:
    """The same config, which is written to logs and files without yapf: that takes a second and more."""
    content = cfg.to_dict()
    spell_types(content)
    return Config(content, cfg_text=cfg.text, filename=cfg.filename, format_python_code=False)


@contextmanager
def _pretrain(path: str) -> Iterator[None]:
    """Let PRETRAIN name a config, and do not log the name of a temporary file."""
    before = os.environ.get('PRETRAIN')
    os.environ['PRETRAIN'] = path
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        del os.environ['PRETRAIN']
        if before is not None:
            os.environ['PRETRAIN'] = before


def _stem(cfg: Config) -> str:
    return osp.splitext(osp.basename(cfg.filename or 'config'))[0]
