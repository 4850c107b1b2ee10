import numpy as np
import pytest

from hico_mm.visualization.skeleton_drawing import bone_lines, project
from hico_mm.visualization.view_figure import draw_panels, draw_strip
from hico_mm.visualization.view_pair import ViewPair

PARENTS = (0, 0, 1, 1)


def make_pair(stream='joint'):
    """One person of 4 joints in 9 frames; views of 5 frames, the second with two joints at zero."""
    original = np.random.rand(1, 9, 4, 3).astype(np.float32) + 1
    views = np.random.rand(2, 2, 5, 4, 3).astype(np.float32) + 1
    views[:, 1] = 0  # padding
    views[1, 0, :, [2, 3]] = 0
    return ViewPair('walk', original, views, PARENTS, stream)


def bones_of(axes, persons):
    """The bones of the first person in each drawn frame: of each person there are three lines."""
    return [line.get_xydata() for line in axes.lines[::3 * persons]]


def test_a_strip_shows_evenly_spaced_frames_of_one_scale():
    pair = make_pair()
    figure = draw_strip(pair, num_frames=3)
    assert [axes.get_ylabel() for axes in figure.axes] == [
        'original', 'view 1', 'view 2\n2 joints at\nzero (×)']
    assert [[text.get_text() for text in axes.get_xticklabels()] for axes in figure.axes] == [
        ['0', '4', '8'], ['0', '2', '4'], ['0', '2', '4']]
    for axes, keypoint, frames, missing, persons in zip(
            figure.axes, [pair.original, *pair.views], [[0, 4, 8], [0, 2, 4], [0, 2, 4]],
            [[], [], [2, 3]], [1, 2, 2], strict=True):
        hidden = np.isin(np.arange(4), missing)
        expected = [bone_lines(project(keypoint[0, frame]), PARENTS, hidden) for frame in frames]
        shift = np.array(bones_of(axes, persons)) - expected  # (frames, 3 * bones, 2)
        shift = shift[:, np.isfinite(shift).all(axis=(0, 2))]
        # Moved sideways alone, and from frame to frame as far as their numbers.
        np.testing.assert_allclose(shift[..., 1], 0, atol=1e-6)
        distance = shift[..., 0] - axes.get_xticks()[:, None]
        np.testing.assert_allclose(distance, distance[0, 0], atol=1e-5)
        assert axes.get_aspect() == 1
    left, right = zip(*(axes.get_xlim() for axes in figure.axes), strict=True)
    assert len(set(left)) == len(set(right)) == 1


def test_all_that_is_drawn_is_inside():
    for axes in draw_strip(make_pair(), num_frames=4).axes:
        points = np.concatenate([line.get_xydata() for line in axes.lines])
        points = points[np.isfinite(points).all(axis=1)]
        low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
        assert (points > low).all() and (points < high).all()
        # The frames do not overlap.
        ranges = [(line.get_xdata().min(), line.get_xdata().max())
                  for line in axes.lines[1::3] if len(line.get_xdata())]
        assert all(one[1] < other[0] for one, other in zip(ranges, ranges[1:], strict=False))


def test_zeroed_joints_are_a_cross_at_the_origin():
    pair = make_pair()
    axes = draw_strip(pair, num_frames=1).axes[2]
    bones, there, crosses = axes.lines[:3]
    shift = there.get_xdata()[0] - project(pair.views[1, 0, 0])[0, 0]
    np.testing.assert_allclose(crosses.get_xydata(), [[shift, 0]] * 2, atol=1e-6)
    assert len(there.get_xdata()) == 2


@pytest.mark.parametrize('stream, end', [
    ('joint', 'joints as the network gets them'),
    ('motion', 'joints as the network gets them, before its motion stream is derived')])
def test_the_title_says_what_is_drawn(stream, end):
    for figure in (draw_strip(make_pair(stream)), draw_panels(make_pair(stream))[0]):
        assert figure.get_suptitle() == f'walk\n{end}'


def test_panels_go_through_the_frames():
    pair = make_pair()
    figure, show, num_frames = draw_panels(pair)
    assert num_frames == 5
    assert [axes.get_title() for axes in figure.axes] == [
        'original\n', 'view 1\n', 'view 2\n2 joints at zero (×)']
    show(3)
    assert [axes.get_xlabel() for axes in figure.axes] == ['frame 6', 'frame 3', 'frame 3']
    nothing = np.zeros(4, dtype=bool)
    for axes, keypoint in [(figure.axes[0], pair.original[0, 6]), (figure.axes[1], pair.views[0, 0, 3])]:
        np.testing.assert_allclose(
            axes.lines[0].get_xydata(), bone_lines(project(keypoint), PARENTS, nothing))
    sizes = [np.ptp(axes.get_xlim()) for axes in figure.axes]
    np.testing.assert_allclose(sizes, sizes[0])


def test_a_strip_without_frames_is_refused():
    with pytest.raises(ValueError, match='--frames 0 has to be at least 1'):
        draw_strip(make_pair(), num_frames=0)
