import numpy as np
import pytest

from hico_mm.visualization.retrieval_figure import Card, draw_retrieval
from hico_mm.visualization.skeleton_drawing import bone_lines, project

PARENTS = (0, 0, 1, 1)


def keypoint(scale=1.):
    return scale * np.random.rand(1, 11, 4, 3).astype(np.float32) + 1


@pytest.fixture
def rows():
    return [[Card(keypoint(), 'sit'), Card(keypoint(2.), 'sit', True, 'cosine 0.9'),
             Card(keypoint(), 'a_class_with_a_name_of_very_many_words', False, 'cosine 0.8'),
             Card(keypoint(), 'no label', None, 'cosine 0.7')]]


def test_right_and_wrong_differ_in_sign_and_border(rows):
    figure = draw_retrieval(rows, PARENTS)
    assert [axes.get_title() for axes in figure.axes] == [
        'sit', '✓ sit', '✗ a class with a\nname of very…', 'no label']
    assert [axes.get_xlabel() for axes in figure.axes] == ['', 'cosine 0.9', 'cosine 0.8', 'cosine 0.7']
    borders = [axes.spines['left'].get_linestyle() for axes in figure.axes]
    assert borders == ['-', '-', '--', '-']
    widths = [axes.spines['left'].get_linewidth() for axes in figure.axes]
    assert widths == [0.8, 2, 2, 0.8]
    assert [axes.texts[0].get_text() for axes in figure.axes] == [
        'query', 'neighbour 1', 'neighbour 2', 'neighbour 3']


def test_headings_are_above_the_first_row_alone(rows):
    figure = draw_retrieval(rows * 2, PARENTS)
    assert [len(axes.texts) for axes in figure.axes] == [1] * 4 + [0] * 4
    figure.draw_without_rendering()
    for axes in figure.axes[:4]:
        assert axes.texts[0].get_window_extent().y0 > axes.title.get_window_extent().y1


def test_three_moments_are_drawn_the_middle_last_and_darkest(rows):
    axes = draw_retrieval(rows, PARENTS).axes[1]
    nothing = np.zeros(4, dtype=bool)
    colors = ['#cccccc', '#999999', 'black']
    for line, frame, color in zip(axes.lines[::3], [2, 8, 5], colors, strict=True):
        expected = bone_lines(project(rows[0][1].keypoint[0, frame]), PARENTS, nothing)
        np.testing.assert_allclose(line.get_xydata(), expected)
        assert line.get_color() == color


def test_all_panels_have_one_scale_and_hold_their_skeleton(rows):
    figure = draw_retrieval(rows, PARENTS)
    sizes = [(np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())) for axes in figure.axes]
    np.testing.assert_allclose(sizes, [sizes[0]] * 4)
    for axes in figure.axes:
        points = np.concatenate([line.get_xydata() for line in axes.lines])
        points = points[np.isfinite(points).all(axis=1)]
        low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
        assert (points > low).all() and (points < high).all()


def test_absent_persons_are_not_drawn():
    joints = np.concatenate([keypoint(), np.zeros((1, 11, 4, 3), dtype=np.float32)])
    axes, = draw_retrieval([[Card(joints, 'sit')]], PARENTS).axes
    assert [len(line.get_xdata()) > 0 for line in axes.lines] == [True, True, False, *[False] * 3] * 3
