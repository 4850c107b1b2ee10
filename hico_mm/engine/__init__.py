"""Loops, hooks and optimizer wrappers of the runner."""
from .hooks import (
    CacheFeaturesHook,
    CheckpointFitHook,
    DeferredRuntimeInfoHook,
    EpochSeedHook,
    FiniteLossHook,
    LabelledSequencesHook,
    MissedEvaluationHook,
    TrainLoaderCheckHook,
    UntrainedBaselineHook,
)
from .loops import KNNTestLoop, KNNValLoop
from .optimizers import BFloat16OptimWrapper

__all__ = [
    'BFloat16OptimWrapper', 'CacheFeaturesHook', 'CheckpointFitHook', 'DeferredRuntimeInfoHook',
    'EpochSeedHook', 'FiniteLossHook', 'KNNTestLoop', 'KNNValLoop', 'LabelledSequencesHook',
    'MissedEvaluationHook', 'TrainLoaderCheckHook', 'UntrainedBaselineHook'
]
