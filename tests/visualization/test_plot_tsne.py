import sys

import numpy as np
import pytest

LABEL = np.array([4, 7, 4])
NAMES = list('abcdefgh')


def test_neighbours_stay_neighbours_and_seeds_repeat(plot):
    centres = 20 * np.eye(3, 8)
    label = np.arange(18) % 3
    features = (centres[label] + np.random.randn(18, 8)).astype(np.float32)
    places = plot.embed(features, perplexity=4, seed=1)
    assert places.shape == (18, 2)
    distance = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(18)
    np.testing.assert_array_equal(label[distance.argmin(1)], label)
    np.testing.assert_array_equal(places, plot.embed(features, perplexity=4, seed=1))


def test_a_perplexity_out_of_range_and_scikit_learn_missing(plot, monkeypatch):
    for perplexity in (0, 6):
        with pytest.raises(ValueError, match=f'y={perplexity} has to be above 0 and below the 6'):
            plot.embed(np.zeros((6, 4)), perplexity)
    monkeypatch.setitem(sys.modules, 'sklearn.manifold', None)
    with pytest.raises(ImportError, match=r'scikit-learn. Install it: pip install -e "\.\[figures\]"'):
        plot.embed(np.zeros((6, 4)), 3)


@pytest.mark.parametrize('features, titles', [
    (['clip_1', 'clip_2', 'part_1', 'part_2', 'instance'],
     ['clip 1', 'clip 2', 'instance', 'part 1', 'part 2']),
    (['part_1', 'part_2', 'instance'], ['part 1', 'part 2', 'instance']),
    (['instance'], ['instance'])])
def test_panels(plot, features, titles):
    places = {name: np.array([[0., 1.], [2., 3.], [4., 5.]]) + 10 * i for i, name in enumerate(features)}
    figure = plot.draw_tsne(places, LABEL, NAMES)
    assert [axes.get_title() for axes in figure.axes] == titles
    for axes in figure.axes:
        drawn = [collection.get_offsets().tolist() for collection in axes.collections]
        of_panel = places[axes.get_title().replace(' ', '_')].tolist()
        assert drawn == [[of_panel[0], of_panel[2]], [of_panel[1]]]
    legend, = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ['e', 'h']


def test_classes_differ_in_marker_or_colour(plot):
    label = np.arange(24) - 1
    figure = plot.draw_tsne(dict(instance=np.zeros((24, 2))), label, [str(i) for i in range(23)])
    points = figure.axes[0].collections
    markers = [collection.get_paths()[0].vertices.tobytes() for collection in points]
    colours = [tuple(collection.get_facecolor()[0]) for collection in points]
    assert len({*zip(colours, markers, strict=True)}) == 24
    assert len({*markers[:10]}) == 10  # also without colour
    assert figure.legends[0].get_texts()[0].get_text() == 'no label'
