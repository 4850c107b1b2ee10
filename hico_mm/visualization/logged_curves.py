"""Which of the logged curves are drawn."""
from collections.abc import Iterable


def choose_keys(training: Iterable[str], validation: Iterable[str]) -> list[str]:
    """Choose what to draw: the losses of all levels and the first measure of accuracy.

    Args:
        training (Iterable[str]): Keys of the curves of training.
        validation (Iterable[str]): Keys of the curves of validation.

    Returns:
        list[str]: The keys.
    """
    losses = [key for key in training if key.startswith('loss_')]
    return losses + [key for key in validation if key.endswith('/top1')][:1]
