"""Downstream tasks of a pre-training config, by the files in ``configs/tasks``."""
import logging
import os
import os.path as osp
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mmengine.config import Config

from .config import CONFIGS, load_config, merge_options

# Options that belong to the pre-training: entries of the task follow from them.
ENCODER_OPTIONS = ('model.backbone.', 'model.data_preprocessor.')


def load_task_config(path: str, task: str, options: dict | None = None) -> Config:
    """Read the config of a task, the name of a file in ``configs/tasks``, for a pre-training config.

    If the pre-training has left its config in its work dir, that one is taken instead: it has the
    encoder, the input and the data that were really trained. Options of the encoder and of its input are
    merged into the pre-training config, the others into that of the task.
    """
    options = options or {}
    encoder = {key: value for key, value in options.items() if key.startswith(ENCODER_OPTIONS)}
    cfg = load_config(path, encoder)
    work_dir = osp.dirname(options.get('load_from') or pretrained_checkpoint(cfg))
    trained = osp.join(work_dir, f'{_stem(cfg)}.py')
    if osp.isfile(trained):
        print(f'The task takes the config that was trained: {trained}')
        cfg = load_config(trained, encoder)
        cfg.work_dir = work_dir  # the folder may have been moved
    cfg = make_task_config(cfg, task)
    merge_options(cfg, {key: value for key, value in options.items() if key not in encoder})
    check_encoder(cfg)
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
            cfg = Config.fromfile(CONFIGS / 'tasks' / f'{task}.py')
    # Under this name the Runner writes the config into the work dir.
    text = f'# {task} of {pretraining.filename}'
    return Config(dict(cfg), cfg_text=text, filename=f'{name}_{task}.py')


def pretrained_checkpoint(pretraining: Config) -> str:
    """Say where a pre-training leaves its last checkpoint."""
    work_dir = pretraining.get('work_dir') or osp.join('work_dirs', _stem(pretraining))
    return osp.join(work_dir, f'epoch_{pretraining.train_cfg.max_epochs}.pth')


def check_encoder(cfg: Config) -> None:
    """Refuse a task whose stream or encoder is not that of the config beside ``load_from``."""
    if not cfg.get('load_from') or 'cls_head' not in (cfg.get('model') or {}):
        return
    beside = sorted(Path(cfg.load_from).parent.glob('*.py'))
    if len(beside) != 1:
        return
    trained = Config.fromfile(beside[0])
    for part in ('data_preprocessor', 'backbone'):
        before, now = ((model.get(part) or {}) for model in (trained.get('model') or {}, cfg.model))
        if before.get('type') != now.get('type'):  # such as ST-GCN without PooledGCN
            continue
        for key in sorted(before.keys() - {'frozen'}):
            old, new = before[key], now.get(key)
            if old == new or isinstance(old, dict):  # another module inside shows in the weights
                continue
            raise ValueError(
                f'{cfg.load_from} was trained with model.{part}.{key}={old!r} ({beside[0]}), but the '
                f'task has {new!r}. Name the config that was trained, or add --cfg-options '
                f'model.{part}.{key}={old}')


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
    missing = [key for key in ('evaluate_pipeline', 'finetune_pipeline') if key not in cfg]
    if missing:
        raise ValueError(f'{cfg.filename} lacks {missing}, the training pipelines of the tasks. Add '
                         'them, as configs/_base_/pipelines/ntu25.py has them.')


def unformatted(cfg: Config) -> Config:
    """The same config, which is written to logs and files without yapf: that takes a second and more."""
    return Config(dict(cfg), cfg_text=cfg.text, filename=cfg.filename, format_python_code=False)


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
