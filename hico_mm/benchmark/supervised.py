"""Configs that train with labels, as MMAction2's own do: there is no pre-training and no other task."""
from mmengine.config import Config

from hico_mm.utils import iter_dicts

TASK = 'supervised'
REQUIRED = ('train_dataloader', 'train_cfg', 'optim_wrapper', 'val_dataloader', 'val_cfg',
            'val_evaluator')


def is_supervised(cfg: Config) -> bool:
    """Say whether a config trains a classifier.

    Args:
        cfg (Config): The config.

    Returns:
        bool: Whether it has a head for classes.
    """
    return 'cls_head' in (cfg.get('model') or {})


def check_supervised(cfg: Config) -> None:
    """Refuse a training whose result could not be taken.

    Args:
        cfg (Config): The config.

    Raises:
        ValueError: If it does not train by epochs, or does not evaluate the accuracy.
    """
    missing = [key for key in REQUIRED if cfg.get(key) is None]
    if missing:
        raise ValueError(f'{cfg.filename} lacks {missing}, without which it has no accuracy. Add them, '
                         'as configs/_base_/supervised.py and the data sets beside it have them.')
    if 'max_epochs' not in cfg.train_cfg:
        raise ValueError(f'{cfg.filename} has train_cfg={dict(cfg.train_cfg)}, but the result is that '
                         'of the last epoch. Train by epochs: EpochBasedTrainLoop with max_epochs.')
    kinds = [str(node.get('type')) for node in iter_dicts(cfg.val_evaluator)]
    if not any(kind.endswith('AccMetric') for kind in kinds):
        raise ValueError(f'{cfg.filename} is evaluated by {kinds}, which do not give acc/top1. Add '
                         "dict(type='AccMetric') to its val_evaluator.")
