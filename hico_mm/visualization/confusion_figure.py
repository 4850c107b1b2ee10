"""The figure of a confusion matrix."""
from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from mmaction.evaluation import ConfusionMatrix


def count_confusions(predicted: np.ndarray, label: np.ndarray, num_classes: int) -> np.ndarray:
    """Count how often each class was taken for each.

    Args:
        predicted (np.ndarray): Predicted labels, (N, ) of integers.
        label (np.ndarray): True labels, (N, ) of integers.
        num_classes (int): How many classes there are.

    Returns:
        np.ndarray: Counts (true class, predicted class).
    """
    return ConfusionMatrix.calculate(
        torch.as_tensor(predicted), torch.as_tensor(label), num_classes).numpy()


def row_percentages(counts: np.ndarray) -> np.ndarray:
    """Normalise each row of a confusion matrix.

    Args:
        counts (np.ndarray): Counts (true class, predicted class).

    Returns:
        np.ndarray: Percent of each true class; NaN for a class without sequences.
    """
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(100 * counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def worst_confusions(counts: np.ndarray, number: int) -> list[tuple[int, int, float]]:
    """Find the classes that were most often taken for another one.

    Args:
        counts (np.ndarray): Counts (true class, predicted class).
        number (int): How many confusions to find, at most.

    Returns:
        list[tuple[int, int, float]]: True class, predicted class, percent of the true class; the worst
        first.
    """
    percentages = np.nan_to_num(row_percentages(counts))
    np.fill_diagonal(percentages, 0)
    order = np.argsort(-percentages, axis=None, kind='stable')[:number]
    pairs = zip(*np.unravel_index(order, counts.shape), strict=True)
    return [(int(row), int(column), float(percentages[row, column]))
            for row, column in pairs if percentages[row, column] > 0]


def draw_confusion(counts: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw a confusion matrix with its values, in percent of the true class.

    Args:
        counts (np.ndarray): Counts (true class, predicted class).
        names (Sequence[str]): Names of the classes.

    Returns:
        Figure: Rows are true classes. Values that round to 0 are left out.
    """
    percentages = row_percentages(counts)
    num_classes = len(counts)
    cell = 0.3 if num_classes <= 30 else 0.22  # inches
    fontsize = 22 * cell  # "100" fits into a cell
    side = cell * num_classes + 0.085 * fontsize / 6 * max(map(len, names))
    figure = Figure(figsize=(max(side, 2.5) + 0.6, max(side, 2.5) + 0.9), layout='constrained')
    axes = figure.subplots()
    axes.imshow(percentages, cmap='Greys', vmin=0, vmax=100)
    for row, column in np.argwhere(percentages >= 0.5):
        value = percentages[row, column]
        axes.text(column, row, f'{value:.0f}', ha='center', va='center', fontsize=fontsize,
                  color='white' if value > 50 else 'black')
    axes.set_xticks(range(num_classes), names, rotation=90, fontsize=1.15 * fontsize)
    axes.set_yticks(range(num_classes), names, fontsize=1.15 * fontsize)
    axes.set_xticks(np.arange(num_classes + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(num_classes + 1) - 0.5, minor=True)
    axes.grid(which='minor', color='0.85', linewidth=0.4)
    axes.tick_params(which='both', length=0)
    axes.set_xlabel('predicted class')
    axes.set_ylabel('true class')
    accuracy = 100 * counts.trace() / counts.sum()
    axes.set_title(f'in % of the true class; top-1 {accuracy:.1f} % of {counts.sum()} sequences',
                   fontsize='medium')
    return figure
