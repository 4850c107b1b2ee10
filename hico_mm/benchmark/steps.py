"""The steps of a benchmark: pre-trainings, tasks on their encoders, and trainings with labels."""
import copy
import os.path as osp
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from hico_mm.utils.launch import allow_no_workers
from hico_mm.utils.tasks import make_task_config

from . import supervised

TASKS = ('linear', 'knn', 'semi', 'finetune')
# Entries of a config that name data.
WITH_DATA = ('train_dataloader', 'val_dataloader', 'val_cfg', 'test_dataloader', 'test_cfg')
ENCODERS = ('pretrained', 'untrained')
OWN_TRAINING = ('pretrain', supervised.TASK)  # what a config says itself, without a task


@dataclass(frozen=True)
class Step:
    """One training or evaluation.

    Args:
        config (str): Name of the config; for a pre-training the name that configs share.
        seed (int): Seed of all random numbers but the draw of the labels.
        task (str): 'pretrain', one of ``TASKS``, 'fusion' or 'supervised'.
        encoder (str): 'pretrained', 'untrained' for the baseline, or 'supervised'. Defaults to
            'pretrained'.
        labels (float, optional): Labelled fraction of 'semi'. Defaults to None.
        draw (int): Seed of the draw of the labels. Defaults to 0.
    """
    config: str
    seed: int
    task: str
    encoder: str = 'pretrained'
    labels: float | None = None
    draw: int = 0

    @property
    def name(self) -> str:
        """str: Name among the steps of the same config and seed."""
        draw = '' if self.labels is None else f'_{self.labels:g}_draw{self.draw}'
        return f'{self.task}{draw}' + ('_untrained' if self.encoder == 'untrained' else '')

    @property
    def folder(self) -> Path:
        """Path: Folder of the step, in that of the benchmark."""
        return Path(self.config, f'seed_{self.seed}', self.name)

    @property
    def metric(self) -> str:
        """str: What the step measures."""
        return 'knn/top1' if self.task in ('pretrain', 'knn') else 'acc/top1'


def pretraining_step(cfg: Config, seed: int) -> Step:
    """Make the step that pre-trains a config.

    Args:
        cfg (Config): The config; its ``work_dir`` names the pre-training if it is another config's.
        seed (int): The seed.

    Returns:
        Step: The step.
    """
    name = cfg.get('work_dir') or osp.splitext(cfg.filename)[0]
    return Step(osp.basename(osp.normpath(name)), seed, 'pretrain')


def task_steps(config: str, seed: int, tasks: Sequence[str], labels: Sequence[float], draws: int,
               encoders: Sequence[str] = ENCODERS) -> list[Step]:
    """List the steps of one config and seed but its pre-training.

    Args:
        config (str): Name of the config.
        seed (int): The seed.
        tasks (Sequence[str]): Some of ``TASKS``, or 'supervised'.
        labels (Sequence[float]): Labelled fractions of 'semi'.
        draws (int): Number of draws of each fraction.
        encoders (Sequence[str]): Some of ``ENCODERS``. Defaults to both. A supervised training has its
            own.

    Returns:
        list[Step]: The steps.
    """
    steps = []
    for task in tasks:
        states = (task, ) if task == supervised.TASK else encoders
        cases = [(fraction, draw) for fraction in labels for draw in range(draws)]
        for fraction, draw in cases if task == 'semi' else [(None, 0)]:
            steps += [Step(config, seed, task, encoder, fraction, draw) for encoder in states]
    return steps


def check_task(cfg: Config, task: str) -> None:
    """Refuse a task that a config does not have.

    Args:
        cfg (Config): The config.
        task (str): One of ``TASKS``, or 'supervised'.

    Raises:
        KeyError, ValueError: If the task is not there, or cannot be made; see
            :func:`make_task_config` and :func:`check_supervised`.
    """
    if task == supervised.TASK:
        supervised.check_supervised(cfg)
    elif task != 'knn':
        make_task_config(cfg, task)
    elif 'gallery_dataloader' not in (cfg.get('test_cfg') or {}):
        raise ValueError(f'{cfg.filename} has no retrieval, which is a test_cfg with a '
                         'gallery_dataloader. Leave out the task knn, or add it as '
                         'configs/_base_/loaders.py has it.')


def step_config(step: Step, cfg: Config, out: Path, checkpoint: str | None = None) -> Config:
    """Make the config of a step.

    Args:
        step (Step): The step.
        cfg (Config): The config. It is not changed.
        out (Path): Folder of the benchmark.
        checkpoint (str, optional): The encoder of a task. Defaults to None: an untrained one.

    Returns:
        Config: A config as MMEngine's Runner takes it.

    Raises:
        KeyError, ValueError: See :func:`make_task_config`.
    """
    config = copy.deepcopy(cfg)
    if step.task in (*OWN_TRAINING, 'knn'):
        config.resume = False
    else:
        config = make_task_config(config, step.task)
        if step.task == 'semi':
            config.train_dataloader.dataset.dataset.update(fraction=step.labels, seed=step.draw)
    # A training of the config itself may start from weights that it names.
    config.load_from = config.get('load_from') if step.task in OWN_TRAINING else checkpoint
    config.randomness = {**(config.get('randomness') or {}), 'seed': step.seed}
    config.work_dir = str(out / step.folder)
    config.launcher = 'none'
    allow_no_workers(dict(config.items()))
    return config
