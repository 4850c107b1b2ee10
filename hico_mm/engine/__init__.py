"""Loops, hooks and optimizer wrappers of the runner."""
from .hooks import (
    CacheFeaturesHook,
    CheckpointFitHook,
    EpochSeedHook,
    FiniteLossHook,
    LabelledSequencesHook,
    ResidentMemoryHook,
    TrainLoaderCheckHook,
    UntrainedBaselineHook,
)
from .loops import KNNTestLoop, KNNValLoop
from .optimizers import CPUAmpOptimWrapper

__all__ = [
    'CPUAmpOptimWrapper', 'CacheFeaturesHook', 'CheckpointFitHook', 'EpochSeedHook',
    'FiniteLossHook', 'KNNTestLoop', 'KNNValLoop', 'LabelledSequencesHook', 'ResidentMemoryHook',
    'TrainLoaderCheckHook', 'UntrainedBaselineHook'
]
