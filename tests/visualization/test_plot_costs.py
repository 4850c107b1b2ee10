import json

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox


def row(config, encoder='pretrained', smoke=False, cost=None, **accuracy):
    return dict(config=config, encoder=encoder, smoke=smoke, cost=cost or {},
                accuracy={name: dict(mean=mean, std=std, n=n) for name, (mean, std, n) in
                          accuracy.items()})


def test_rows_with_both_numbers_are_points(plot, tmp_path):
    cost = dict(parameters=10, multiply_adds=200)
    path = tmp_path / 'results.json'
    path.write_text(json.dumps(dict(comparison=[
        row('a', cost=cost, linear=(80.0, 1.5, 3), knn=(70.0, 2.0, 3)),
        row('a', 'untrained', cost=dict(parameters=10), linear=(60.0, None, 1)),
        row('b', cost=cost, knn=(50.0, None, 1)), row('c', linear=(81.0, None, 1)),
        row('d', cost=cost, smoke=True, linear=(99.0, None, 1)),
        row('gcn', 'supervised', cost=dict(parameters=5), supervised=(90.0, 0.5, 2))])))
    gcn = ('gcn', 'supervised', 5, 90.0, 0.5, 2)
    b = ('b', 'pretrained', 10, 50.0, None, 1)
    assert plot.load_points(path, 'parameters', 'linear') == [
        ('a', 'pretrained', 10, 80.0, 1.5, 3), ('a', 'untrained', 10, 60.0, None, 1), gcn]
    assert plot.load_points(path, 'parameters', 'knn') == [('a', 'pretrained', 10, 70.0, 2.0, 3), b, gcn]
    assert plot.load_points(path, 'multiply_adds', 'linear') == [('a', 'pretrained', 200, 80.0, 1.5, 3)]
    assert plot.load_points(path, 'parameters', 'knn', ['gcn', 'b']) == [b, gcn]
    with pytest.raises(ValueError, match=r"no rows of \['d', 'e'\]. .* \['a', 'b', 'c', 'gcn'\]"):
        plot.load_points(path, 'parameters', 'knn', ['a', 'd', 'e'])
    with pytest.raises(ValueError, match=r"accuracy 'semi' and the cost 'multiply_adds'. Its accuracies "
                       r"are \['linear', 'knn', 'supervised'\]"):
        plot.load_points(path, 'multiply_adds', 'semi')


POINTS = [
    ('hico_a', 'untrained', 3e7, 85.0, 1.0, 3), ('hico_a', 'pretrained', 3e7, 83.0, 2.0, 3),
    ('hico_a_instance', 'pretrained', 3e7, 82.5, None, 1),
    ('gcn_with_a_long_name', 'supervised', 3e8, 88.0, 0.5, 3),
    ('b', 'supervised', 4e7, 84.0, 4.0, 3)]  # a long bar, right of the others


def test_points_deviations_and_labels(plot):
    points = [plot.Point(*point) for point in POINTS]
    figure = plot.draw_cost(points, 'multiply_adds', 'linear')
    axes, = figure.axes
    drawn = {container.get_label(): container for container in axes.containers}
    assert {label: list(map(tuple, drawn[label][0].get_xydata())) for label in drawn} == {
        'pretrained': [(3e7, 83.0), (3e7, 82.5)], 'untrained': [(3e7, 85.0)],
        'supervised': [(3e8, 88.0), (4e7, 84.0)]}
    bars = drawn['pretrained'][2][0].get_segments()
    assert [bar[:, 1].tolist() for bar in bars if bar.size] == [[81.0, 85.0]]
    assert len({container[0].get_marker() for container in drawn.values()}) == 3
    assert axes.get_xscale() == 'log' and axes.get_xlabel() == 'multiply-adds'
    assert axes.get_ylabel() == 'top-1, linear (%)\nmean ± standard deviation of 1 to 3 runs'
    # Labels hide no point with its bar.
    assert [text.get_text() for text in axes.texts] == [point.config for point in points]
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()  # which puts annotations in their places
    boxes = [Text.get_window_extent(text, renderer) for text in axes.texts]  # without their lines
    for box in boxes:
        assert axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
        for point in points:
            bar = np.array([(point.cost, point.accuracy + sign * (point.std or 0)) for sign in (-1, 1)])
            assert not box.overlaps(Bbox(axes.transData.transform(bar) + [(-1, 0), (1, 0)]))


def test_similar_costs_of_single_runs_and_several_points_at_one_place(plot):
    points = [plot.Point(name, encoder, cost, 50., None, 1) for name, encoder, cost in (
        ('a', 'pretrained', 10), ('a', 'untrained', 10), ('b', 'untrained', 10), ('c', 'untrained', 70))]
    axes, = plot.draw_cost(points, 'training_memory_mib', 'semi_0.1').axes
    assert [text.get_text() for text in axes.texts] == ['a\nb', 'c']
    assert axes.get_xscale() == 'linear' and axes.get_xlabel() == 'training memory (MiB)'
    assert axes.get_ylabel() == 'top-1, semi 0.1 (%)'
    assert axes.get_xlim()[0] == 0  # no cost is below zero
