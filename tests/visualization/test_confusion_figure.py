import numpy as np
import pytest
from matplotlib.colors import to_rgb

from hico_mm.visualization.confusion_figure import (
    count_confusions,
    draw_confusion,
    row_percentages,
    worst_confusions,
)

COUNTS = np.array([[3, 1, 0], [0, 0, 0], [1, 1, 6]])  # no sequence is of class 1
PERCENTAGES = np.array([[75, 25, 0], [np.nan] * 3, [12.5, 12.5, 75]])


def test_counts():
    label, predicted = np.array([0, 0, 2, 2, 2]), np.array([0, 1, 2, 2, 0])
    assert count_confusions(predicted, label, 4).tolist() == [
        [1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]


def test_rows_are_normalised():
    np.testing.assert_array_equal(row_percentages(COUNTS), PERCENTAGES)


@pytest.mark.parametrize('number, expected', [
    (1, [(0, 1, 25.)]), (5, [(0, 1, 25.), (2, 0, 12.5), (2, 1, 12.5)])])
def test_the_worst_confusions_come_first(number, expected):
    assert worst_confusions(COUNTS, number) == expected


def test_values_and_names_are_drawn():
    axes, = draw_confusion(COUNTS, ['sit', 'run', 'wave']).axes
    np.testing.assert_array_equal(axes.images[0].get_array().filled(np.nan), PERCENTAGES)
    values = {text.get_position(): text.get_text() for text in axes.texts}  # by column and row
    assert values == {(0, 0): '75', (1, 0): '25', (0, 2): '12', (1, 2): '12', (2, 2): '75'}
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [text.get_text() for text in labels] == ['sit', 'run', 'wave']
    assert (axes.get_xlabel(), axes.get_ylabel()) == ('predicted class', 'true class')
    assert axes.get_title() == 'in % of the true class; top-1 75.0 % of 12 sequences'


def test_numbers_stand_out_from_their_cells():
    axes, = draw_confusion(COUNTS, ['0', '1', '2']).axes
    image = axes.images[0]
    for text in axes.texts:
        column, row = text.get_position()
        cell = image.cmap(image.norm(PERCENTAGES[row, column]))
        assert abs(cell[0] - to_rgb(text.get_color())[0]) > 0.5


@pytest.mark.parametrize('num_classes', [27, 60])
def test_numbers_and_names_fit_many_classes(num_classes):
    names = [f'a rather long name {number}' for number in range(num_classes)]
    figure = draw_confusion(np.eye(num_classes, dtype=int), names)
    figure.draw_without_rendering()
    axes, = figure.axes
    cell = axes.get_window_extent().width / num_classes
    assert all(text.get_window_extent().width < cell for text in axes.texts)  # '100'
    assert all(text.get_window_extent().width < cell for text in axes.get_xticklabels())  # turned
    assert all(text.get_window_extent().height < cell for text in axes.get_yticklabels())
    assert min(text.get_window_extent().x0 for text in axes.get_yticklabels()) > 0
