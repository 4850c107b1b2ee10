"""The config of a downstream task, made from that of the pre-training.

What a task adds stands in the pre-training config itself, in ``tasks``: all tasks get exactly the
encoder that was pre-trained, and one file names data and encoder for all of them.
"""
import copy
import os.path as osp

import torch
from mmaction.registry import MODELS
from mmengine.config import Config, ConfigDict

from hico_mm.utils import load_config, merge_options

# A task has a loss, checkpoints and a metric of its own.
PRETRAINING_HOOKS = ('UntrainedBaselineHook', 'CheckpointFitHook')
# Of a pre-training config, what says how training runs: a task says it anew, or not at all.
PRETRAINING_KEYS = ('model', 'tasks', 'train_dataloader', 'train_cfg', 'optim_wrapper',
                    'param_scheduler', 'auto_scale_lr', 'work_dir', 'load_from', 'resume')
# Options that have to be merged before the task is made from the config.
BEFORE_THE_TASK = ('tasks.', 'model.backbone.', 'model.data_preprocessor.')
REQUIRED = ('pipeline', 'train_dataloader', 'optim_wrapper', 'train_cfg')
TASK_KEYS = (*REQUIRED, 'frozen', 'head', 'labelled', 'param_scheduler', 'auto_scale_lr', 'custom_hooks')


def make_task_config(cfg: Config, task: str) -> Config:
    """Make the config of a downstream task.

    - Model: the encoder and the preprocessor of the pre-training config in MMAction2's
      ``RecognizerGCN``, with a ``LinearHead``.
    - Data: the gallery of the kNN evaluation is the labelled training split, its queries are the test
      split; ``labelled`` of the task draws from the former.
    - Weights: ``load_from`` is the last checkpoint of the pre-training; None trains from scratch, or
      probes the untrained encoder.
    - The rest is ``cfg.tasks[task]``: ``pipeline`` (the config's entry with the training pipeline),
      ``frozen``, ``head`` (further arguments of ``LinearHead``), loader, optimizer, schedule, hooks.

    Args:
        cfg (Config): A pre-training config. It is not changed.
        task (str): Name of one of its ``tasks``: 'linear', 'finetune' or 'semi'.

    Returns:
        Config: A config as MMEngine's Runner takes it.

    Raises:
        KeyError: If the config has no such task, or not the pipeline that the task names.
        ValueError: If it is no pre-training config with a kNN evaluation, an entry of the task is
            unknown, or the number of classes is missing.
    """
    protocol = _protocol(cfg, task)
    gallery, queries = _labelled_data(cfg)
    config = copy.deepcopy(cfg)
    for key in PRETRAINING_KEYS:
        config.pop(key, None)
    # The result is the last epoch's.
    config.get('default_hooks', {}).get('checkpoint', {}).pop('save_best', None)
    config.custom_hooks = [
        *(hook for hook in config.get('custom_hooks', []) if hook['type'] not in PRETRAINING_HOOKS),
        dict(type='CheckpointFitHook'), *protocol.pop('custom_hooks', [])]

    config.model = _classifier(
        cfg, queries.num_classes, protocol.pop('frozen', False), protocol.pop('head', {}))
    config.train_dataloader = {
        **cfg.train_dataloader, 'drop_last': False,
        'dataset': _training_data(cfg, gallery, protocol.pop('pipeline'),
                                  protocol.pop('labelled', None)),
        **protocol.pop('train_dataloader')}
    config.test_dataloader = copy.deepcopy(cfg.val_dataloader)
    config.val_cfg, config.test_cfg = dict(type='ValLoop'), dict(type='TestLoop')
    config.val_evaluator = config.test_evaluator = dict(type='AccMetric')
    config.update(protocol)  # optimizer, schedule, training loop

    name = f'{_stem(cfg)}_{task}'
    config.work_dir = osp.join('work_dirs', name)
    config.load_from, config.resume = pretrained_checkpoint(cfg), False
    # Under this name the Runner writes the config into the work dir.
    return Config(dict(config), cfg_text=f'# {task} of {cfg.filename}', filename=f'{name}.py')


def load_task_config(path: str, task: str, options: dict | None = None) -> Config:
    """Read a pre-training config and make the config of a downstream task.

    Args:
        path (str): Path of the pre-training config.
        task (str): See :func:`make_task_config`.
        options (dict, optional): Value by dotted key, as ``--cfg-options`` gives them. They are meant
            for the task, but for ``tasks.*`` and those of the encoder and its input, from which other
            entries of the task follow.

    Returns:
        Config: The config of the task.

    Raises:
        FileNotFoundError: If the file does not exist.
        KeyError, ValueError: See :func:`make_task_config` and ``load_config``.
    """
    options = options or {}
    for option in options:
        if option.startswith('tasks.') and option.split('.')[1] != task:
            raise ValueError(f'--cfg-options {option} changes nothing of the task {task!r}. Leave it '
                             f'out, or write tasks.{task}.')
    first = {key: value for key, value in options.items() if key.startswith(BEFORE_THE_TASK)}
    config = make_task_config(load_config(path, first), task)
    merge_options(
        config, {key: value for key, value in options.items() if key not in first})
    return config


def pretrained_checkpoint(cfg: Config) -> str:
    """Say where the pre-training of a config leaves its last checkpoint.

    Args:
        cfg (Config): A pre-training config.

    Returns:
        str: Path of the checkpoint.
    """
    work_dir = cfg.get('work_dir') or osp.join('work_dirs', _stem(cfg))
    return osp.join(work_dir, f'epoch_{cfg.train_cfg.max_epochs}.pth')


def _stem(cfg: Config) -> str:
    return osp.splitext(osp.basename(cfg.filename or 'config'))[0]


def _protocol(cfg: Config, task: str) -> ConfigDict:
    """Take a copy of the task's entry."""
    tasks = cfg.get('tasks') or {}
    if task not in tasks:
        raise KeyError(f'{cfg.filename} has no task {task!r}; its tasks are {sorted(tasks)}. A '
                       "pre-training config gets them from its _base_ 'tasks.py'.")
    unknown = sorted(set(tasks[task]) - set(TASK_KEYS))
    if unknown:
        raise ValueError(f'tasks.{task} of {cfg.filename} has the unknown entries {unknown}; a task may '
                         f'have {list(TASK_KEYS)}.')
    missing = [key for key in REQUIRED if tasks[task].get(key) is None]
    if missing:
        raise ValueError(f'tasks.{task} of {cfg.filename} lacks {missing}. Add them, as '
                         'configs/_base_/tasks.py has them.')
    return copy.deepcopy(tasks[task])


def _labelled_data(cfg: Config) -> tuple[ConfigDict, ConfigDict]:
    """Take copies of the labelled training and test data."""
    try:
        gallery, queries = cfg.val_cfg.gallery_dataloader.dataset, cfg.val_dataloader.dataset
    except AttributeError as error:
        raise ValueError(f'{cfg.filename} has no kNN evaluation, whose gallery and queries are the '
                         'labelled data of a task. Name a pre-training config with '
                         'val_cfg.gallery_dataloader and val_dataloader.') from error
    if queries.get('num_classes') is None:
        raise ValueError(f'{cfg.filename} does not say how many classes there are. Set '
                         'val_dataloader.dataset.num_classes.')
    return copy.deepcopy(gallery), copy.deepcopy(queries)


def _classifier(cfg: Config, num_classes: int, frozen: bool, head: dict) -> dict:
    backbone = copy.deepcopy(cfg.model.backbone)
    with torch.device('meta'):  # for its sizes alone
        channels = MODELS.build(backbone).feature_channels['instance']
    if frozen:
        backbone.frozen = True
    return dict(
        type='RecognizerGCN', backbone=backbone,
        data_preprocessor=copy.deepcopy(
            cfg.model.get('data_preprocessor') or dict(type='SkeletonPreprocessor')),
        cls_head=dict(type='LinearHead', num_classes=num_classes, in_channels=channels, **head))


def _training_data(cfg: Config, dataset: ConfigDict, pipeline: str, labelled: dict | None) -> dict:
    """Give the labelled data their training pipeline, and draw from them."""
    if pipeline not in cfg:
        raise KeyError(f'{cfg.filename} has no {pipeline!r}, the training pipeline of the task. Write '
                       'it into the config of the pipelines, as configs/_base_/pipelines/ntu25.py has '
                       'it.')
    dataset.update(pipeline=copy.deepcopy(cfg[pipeline]), test_mode=False)
    if labelled is not None:
        dataset = dict(labelled, dataset=dataset)
    # Augmentation has to be repeatable; the pipeline of the evaluation has none.
    return dataset if pipeline == 'evaluate_pipeline' else dict(type='SeededDataset', dataset=dataset)
