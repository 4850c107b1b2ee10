"""The jobs of a benchmark: pre-trainings, tasks on their encoders, and trainings with labels."""
import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import torch
from mmaction.registry import MODELS
from mmengine.config import Config

from hico_mm.utils import iter_dicts, load_config, merge_options, type_name
from hico_mm.utils.launch import allow_no_workers
from hico_mm.utils.options import TASK_OPTIONS

TRAINED_TASKS = ('linear', 'semi', 'finetune')  # each has a config of its own
TASKS = ('linear', 'knn', 'semi', 'finetune')
ENCODERS = ('pretrained', 'untrained', 'coordinates')  # of the tasks; the last one has no weights
OWN_TRAINING = ('pretrain', 'supervised')  # jobs that run a config as it is
# Entries of a config that name data.
WITH_DATA = ('train_dataloader', 'val_dataloader', 'val_cfg', 'test_dataloader', 'test_cfg')
NEEDED_FOR_TRAINING = ('train_dataloader', 'train_cfg', 'optim_wrapper', 'val_dataloader', 'val_cfg',
                       'val_evaluator')
# Type of a metric, and a config that has it.
METRICS = {'knn/top1': ('KNNMetric', 'hico_demo.py'),
           'acc/top1': ('AccMetric', 'demo/supervised_stgcn_demo.py')}


@dataclass(frozen=True)
class Job:
    """One training or evaluation."""

    config: str  # its name; configs that share a pre-training share the name of that job
    seed: int  # of all random numbers but the draw of the labels
    task: str  # 'pretrain', one of TASKS, 'fusion' or 'supervised'
    encoder: str = 'pretrained'  # one of ENCODERS, or 'supervised'
    labels: float | None = None  # of 'semi': labelled fraction, or from 1 on the number per class
    draw: int = 0  # seed of the draw of the labels

    @property
    def folder(self) -> Path:
        """Folder of the job, in that of the benchmark."""
        draw = '' if self.labels is None else f'_{self.labels:g}_draw{self.draw}'
        encoder = f'_{self.encoder}' if self.encoder in ENCODERS[1:] else ''
        return Path(self.config, f'seed_{self.seed}', self.task + draw + encoder)

    @property
    def metric(self) -> str:
        return 'knn/top1' if self.task in ('pretrain', 'knn') else 'acc/top1'


def pretraining_job(cfg: Config, seed: int) -> Job:
    """The pre-training of a config; a ``work_dir`` in the config names that of another config."""
    work_dir = cfg.get('work_dir')
    return Job(Path(work_dir).name if work_dir else Path(cfg.filename).stem, seed, 'pretrain')


def job_config(job: Job, cfg: Config, out: Path, checkpoint: str | None = None) -> Config:
    """Make the config of a job from that of its task, or from the config itself for the other jobs.

    ``checkpoint`` is the encoder of a task, None for an untrained one.
    """
    config = copy.deepcopy(cfg)
    if job.task == 'semi':
        draw = config.train_dataloader.dataset.dataset
        draw.update(fraction=job.labels, seed=job.draw)
        if job.labels >= 1:
            draw.update(fraction=None, per_class=int(job.labels))
    config.resume = False
    # A training of the config itself may start from weights that the config names.
    config.load_from = config.get('load_from') if job.task in OWN_TRAINING else checkpoint
    config.randomness = {**(config.get('randomness') or {}), 'seed': job.seed}
    config.work_dir = str(out / job.folder)
    config.launcher = 'none'
    allow_no_workers(dict(config.items()))
    return config


def load_configs(paths: Sequence[str], options: dict | None = None,
                 evaluate: Sequence[str] | None = None,
                 variants: Mapping[str, dict] | None = None) -> dict[str, Config]:
    """Read configs by the names of their files, and merge options into each.

    With ``variants``, options by name, each config is read once for each of them, as CONFIG-VARIANT.
    With ``evaluate``, it is read as CONFIG@NAME for all these data sets, or for all of its entry
    ``evaluate_on`` if none is named.
    """
    if evaluate is not None:
        paths = [f'{path}@{name}' for path in paths
                 for name in evaluate or load_config(path).get('evaluate_on') or ['']]
    plain, cfgs = [load_config(path) for path in paths], {}
    for (variant, changes), (path, cfg) in product(
            (variants or {'': {}}).items(), zip(paths, plain, strict=True)):
        cfg = copy.deepcopy(cfg)
        merge_options(cfg, {**(options or {}), **changes}, TASK_OPTIONS)
        name = Path(cfg.filename).stem
        if variant:
            encoder, at, data = name.partition('@')
            name = f'{encoder}-{variant}{at}{data}'
            cfg = Config(dict(cfg), cfg_text=cfg.text, filename=f'{name}.py')
            cfg.work_dir = f'work_dirs/{encoder}-{variant}'
        if name in cfgs:
            raise ValueError(f'{path}: there is another config or data set {name!r}. Name each once, or '
                             'rename one of them.')
        cfgs[name] = cfg
    return cfgs


def read_variants(path: str) -> dict[str, dict]:
    """Read the entry ``variants`` of a Python file: by name, options as of --cfg-options."""
    variants = load_config(path).get('variants')
    if not isinstance(variants, dict) or not variants or not all(
            isinstance(changes, dict) and re.fullmatch(r'[\w.]+', str(name))
            for name, changes in variants.items()):
        raise ValueError(f"--variants {path}: expected variants = dict(NAME={{'KEY': VALUE}}), with "
                         'options as of --cfg-options, by names of letters, digits, _ and ., but found '
                         f'{variants}.')
    return {name: dict(changes) for name, changes in variants.items()}


def encoder_name(config: str) -> str:
    """The name of a config, or of a fusion, without the data set that its encoder is evaluated on."""
    return re.sub('@[^+ ]*', '', config)


def data_name(config: str, cfg: Config) -> str:
    """Name the data that the encoder of a config of this name is evaluated on."""
    dataset = (cfg.get('test_dataloader') or {}).get('dataset') or {}
    source = dataset.get('ann_file') or dataset.get('path') or type_name(dataset)
    return config.partition('@')[2] or f"{Path(source).stem} {dataset.get('split', '')}"


def of_coordinates(cfg: Config) -> Config:
    """The config with the coordinates themselves in the place of its encoder."""
    with torch.device('meta'):
        sizes = MODELS.build(cfg.model.backbone).input_sizes
    cfg = copy.deepcopy(cfg)
    cfg.model = dict(
        type='MoCoRecognizer', data_preprocessor=cfg.model.get('data_preprocessor'),
        backbone=dict(type='Coordinates', **sizes),
        # Never trained, so as small as may be.
        neck=dict(out_channels=None), queue=dict(length=1), contrast=dict(
            type='Contrast', temperature=1.0, terms=[dict(type='InfoNCE', query='instance')]))
    return cfg


def split_options(options: dict) -> tuple[dict, dict[str, dict]]:
    """Split ``--cfg-options`` into those of the configs and, by task, those of the tasks' configs.

    ``tasks.linear.train_cfg.max_epochs`` is ``train_cfg.max_epochs`` of the linear evaluation.
    """
    own, by_task = {}, {task: {} for task in TRAINED_TASKS}
    for option, value in options.items():
        first, task, key = [*option.split('.', 2), '', ''][:3]
        if first != 'tasks':
            own[option] = value
        elif task in by_task and key:
            by_task[task][key] = value
        else:
            raise ValueError(f'--cfg-options {option} names no task that has a config. Write '
                             f'tasks.TASK.KEY=VALUE, with TASK one of {list(TRAINED_TASKS)}.')
    return own, by_task


def is_supervised(cfg: Config) -> bool:
    """Whether a config trains a classifier with labels, as MMAction2's own do."""
    return 'cls_head' in (cfg.get('model') or {})


def check_job(job: Job, cfg: Config) -> None:
    """Raise a ValueError unless the config of a job gives its metric, a training after each epoch."""
    kind, example = METRICS[job.metric]
    if job.task == 'knn':
        evaluator = 'test_evaluator'
        if 'gallery_dataloader' not in (cfg.get('test_cfg') or {}):
            raise ValueError(f'{cfg.filename} has no retrieval: no test_cfg with a gallery_dataloader. '
                             'Leave out the task knn, or add one as configs/_base_/loaders.py has it.')
    else:
        evaluator = 'val_evaluator'
        if missing := [key for key in NEEDED_FOR_TRAINING if cfg.get(key) is None]:
            raise ValueError(f'{cfg.filename} lacks {missing}, without which it has no {job.metric}. '
                             f'Add them, as configs/{example} has them.')
        if 'max_epochs' not in cfg.train_cfg:
            raise ValueError(f'{cfg.filename} has train_cfg={dict(cfg.train_cfg)}, but the result is '
                             'that of the last epoch. Train by epochs: EpochBasedTrainLoop with '
                             'max_epochs.')
    prefix = job.metric.partition('/')[0]
    kinds = {type_name(node): node.get('prefix') for node in iter_dicts(cfg.get(evaluator))}
    if not any(name == kind and own in (None, prefix) for name, own in kinds.items()):
        raise ValueError(f'{cfg.filename} is evaluated by {list(kinds)}, which do not give '
                         f'{job.metric}. Add dict(type={kind!r}) to its {evaluator}.')
