"""Hooks of the runner."""
from .cache_features_hook import CacheFeaturesHook
from .checkpoint_fit_hook import CheckpointFitHook
from .deferred_runtime_info_hook import DeferredRuntimeInfoHook
from .epoch_seed_hook import EpochSeedHook
from .finite_loss_hook import FiniteLossHook
from .labelled_sequences_hook import LabelledSequencesHook
from .missed_evaluation_hook import MissedEvaluationHook
from .train_loader_check_hook import TrainLoaderCheckHook
from .untrained_baseline_hook import UntrainedBaselineHook

__all__ = [
    'CacheFeaturesHook', 'CheckpointFitHook', 'DeferredRuntimeInfoHook', 'EpochSeedHook',
    'FiniteLossHook', 'LabelledSequencesHook', 'MissedEvaluationHook', 'TrainLoaderCheckHook',
    'UntrainedBaselineHook'
]
