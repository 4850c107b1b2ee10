import json

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from hico_mm.visualization.cost_figure import Point, draw_cost, load_points


def row(config, encoder='pretrained', smoke=False, cost=None, **accuracy):
    return dict(config=config, encoder=encoder, smoke=smoke, cost=cost or {},
                accuracy={name: dict(mean=mean, std=std, n=n) for name, (mean, std, n) in
                          accuracy.items()})


@pytest.fixture
def write(tmp_path):
    def write(*rows):
        (tmp_path / 'results.json').write_text(json.dumps(dict(comparison=rows)))
        return str(tmp_path / 'results.json')

    return write


def test_rows_with_both_numbers_are_points(write):
    cost = dict(parameters=10, multiply_adds=200)
    path = write(
        row('a', cost=cost, linear=(80.0, 1.5, 3), knn=(70.0, 2.0, 3)),
        row('a', 'untrained', cost=dict(parameters=10), linear=(60.0, None, 1)),
        row('b', cost=cost, knn=(50.0, None, 1)), row('c', linear=(81.0, None, 1)),
        row('d', cost=cost, smoke=True, linear=(99.0, None, 1)),
        row('gcn', 'supervised', cost=dict(parameters=5), supervised=(90.0, 0.5, 2)))
    gcn = Point('gcn', 'supervised', 5, 90.0, 0.5, 2)
    assert load_points(path, 'parameters', 'linear') == [
        Point('a', 'pretrained', 10, 80.0, 1.5, 3), Point('a', 'untrained', 10, 60.0, None, 1), gcn]
    assert load_points(path, 'parameters', 'knn') == [
        Point('a', 'pretrained', 10, 70.0, 2.0, 3), Point('b', 'pretrained', 10, 50.0, None, 1), gcn]
    assert load_points(path, 'multiply_adds', 'linear') == [Point('a', 'pretrained', 200, 80.0, 1.5, 3)]
    assert load_points(path, 'parameters', 'knn', ['gcn', 'b']) == [
        Point('b', 'pretrained', 10, 50.0, None, 1), gcn]
    with pytest.raises(ValueError, match=r"no rows of \['d', 'e'\]. .* \['a', 'b', 'c', 'gcn'\]"):
        load_points(path, 'parameters', 'knn', ['a', 'd', 'e'])


@pytest.mark.parametrize('rows, message', [
    ([row('a', smoke=True, linear=(1.0, None, 1))], 'only rows of smoke runs.* without --smoke'),
    ([row('a', linear=(1.0, None, 1)), row('b', knn=(1.0, None, 1))],
     r"both the accuracy 'linear' and the cost 'parameters'. Its accuracies are \['linear', 'knn'\]"),
])
def test_nothing_to_draw(write, rows, message):
    with pytest.raises(ValueError, match=message):
        load_points(write(*rows), 'parameters', 'linear')


@pytest.mark.parametrize('content', [b'no JSON', b'\xff', b'{"rows": []}', b'{"comparison": [{}]}'])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / 'x.json').write_bytes(content)
    with pytest.raises(ValueError, match='x.json is no results.json of .* with a comparison.*again'):
        load_points(str(tmp_path / 'x.json'), 'parameters', 'linear')


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='gone.json does not exist .*Name the results.json'):
        load_points(str(tmp_path / 'gone.json'), 'parameters', 'linear')


POINTS = [
    Point('hico_a', 'untrained', 3e7, 85.0, 1.0, 3), Point('hico_a', 'pretrained', 3e7, 83.0, 2.0, 3),
    Point('hico_a_instance', 'pretrained', 3e7, 82.5, None, 1),
    Point('gcn_with_a_long_name', 'supervised', 3e8, 88.0, 0.5, 3),
    Point('b', 'supervised', 4e7, 84.0, 4.0, 3)]  # a long bar, right of the others


def test_points_and_deviations():
    axes, = draw_cost(POINTS, 'multiply_adds', 'linear').axes
    drawn = {container.get_label(): container for container in axes.containers}
    assert {label: list(map(tuple, drawn[label][0].get_xydata())) for label in drawn} == {
        'pretrained': [(3e7, 83.0), (3e7, 82.5)], 'untrained; from scratch': [(3e7, 85.0)],
        'supervised': [(3e8, 88.0), (4e7, 84.0)]}
    bars = drawn['pretrained'][2][0].get_segments()
    assert [bar[:, 1].tolist() for bar in bars if bar.size] == [[81.0, 85.0]]
    assert len({container[0].get_marker() for container in drawn.values()}) == 3
    assert axes.get_xscale() == 'log' and axes.get_xlabel() == 'multiply-adds'
    assert axes.get_ylabel() == 'top-1, linear (%)\nmean ± standard deviation of 1 to 3 runs'


def test_labels_do_not_overlap():
    figure = draw_cost(POINTS, 'multiply_adds', 'linear')
    axes, = figure.axes
    assert [text.get_text() for text in axes.texts] == [point.config for point in POINTS]
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()  # which puts annotations in their places
    boxes = [Text.get_window_extent(text, renderer) for text in axes.texts]  # without their lines
    for number, box in enumerate(boxes):
        assert box.count_overlaps(boxes[:number]) == 0
        assert axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
        for point in POINTS:
            bar = np.array([(point.cost, point.accuracy + sign * (point.std or 0)) for sign in (-1, 1)])
            assert not box.overlaps(Bbox(axes.transData.transform(bar) + [(-1, 0), (1, 0)]))


def test_what_stands_at_one_place_is_named_once():
    points = [Point(name, encoder, 1e7, 80.0, None, 1)
              for name, encoder in (('a', 'pretrained'), ('a', 'untrained'), ('b', 'untrained'))]
    axes, = draw_cost(points, 'multiply_adds', 'linear').axes
    assert [text.get_text() for text in axes.texts] == ['a\nb']


def test_similar_costs_of_single_runs():
    points = [Point(name, 'pretrained', *numbers, None, 1)
              for name, numbers in dict(a=(10, 50.0), b=(20, 60.0)).items()]
    axes, = draw_cost(points, 'training_memory_mib', 'semi_0.1').axes
    assert axes.get_xscale() == 'linear' and axes.get_xlabel() == 'training memory (MiB)'
    assert axes.get_ylabel() == 'top-1, semi 0.1 (%)'
    assert axes.get_xlim()[0] > 0


def test_no_cost_is_below_zero():
    points = [Point(name, 'pretrained', cost, 50.0, None, 1) for name, cost in dict(a=10, b=70).items()]
    axes, = draw_cost(points, 'training_memory_mib', 'knn').axes
    assert axes.get_xlim()[0] == 0
