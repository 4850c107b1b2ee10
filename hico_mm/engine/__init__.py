"""Loops, hooks and optimizer wrappers of the runner."""
from .hooks import (
    CacheFeaturesHook,
    CheckpointFitHook,
    EpochSeedHook,
    ResidentMemoryHook,
    TrainLoaderCheckHook,
    UntrainedBaselineHook,
)
from .loops import KNNTestLoop, KNNValLoop
from .optimizers import CPUAmpOptimWrapper

__all__ = [
    'CPUAmpOptimWrapper', 'CacheFeaturesHook', 'CheckpointFitHook', 'EpochSeedHook', 'KNNTestLoop',
    'KNNValLoop', 'ResidentMemoryHook', 'TrainLoaderCheckHook', 'UntrainedBaselineHook'
]
