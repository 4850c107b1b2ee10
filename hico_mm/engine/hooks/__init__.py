"""Hooks of the runner."""
from .cache_features_hook import CacheFeaturesHook
from .check_hooks import CheckpointFitHook, FiniteLossHook, LabelledSequencesHook, TrainLoaderCheckHook
from .deferred_runtime_info_hook import DeferredRuntimeInfoHook
from .epoch_seed_hook import EpochSeedHook
from .evaluation_hooks import MissedEvaluationHook, UntrainedBaselineHook
from .fill_queue_hook import FillQueueHook
from .resume_hook import ResumeHook

__all__ = [
    'CacheFeaturesHook', 'CheckpointFitHook', 'DeferredRuntimeInfoHook', 'EpochSeedHook',
    'FillQueueHook', 'FiniteLossHook', 'LabelledSequencesHook', 'MissedEvaluationHook', 'ResumeHook',
    'TrainLoaderCheckHook', 'UntrainedBaselineHook'
]
