"""Downstream tasks of a pre-training config, run and set side by side."""
from .task_config import load_task_config, make_task_config, pretrained_checkpoint

__all__ = ['load_task_config', 'make_task_config', 'pretrained_checkpoint']
