import itertools

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from hico_mm.visualization.labels import label_points


def test_labels_of_close_points_hide_neither_one_another_nor_a_point():
    axes = Figure(figsize=(4, 4)).subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    close = np.random.default_rng(0).uniform(0.45, 0.55, (12, 2))
    labels = {tuple(place): f'{number} {number}' for number, place in enumerate(close.tolist())}
    label_points(axes, labels)
    assert [text.get_text() for text in axes.texts] == list(labels.values())
    axes.figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    for point in axes.transData.transform(close):
        assert not any(box.contains(*point) for box in boxes)


def test_a_label_that_has_room_is_above_on_the_right():
    axes = Figure(figsize=(4, 4)).subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    label_points(axes, {(0.5, 0.5): '7'})
    text, = axes.texts
    assert text.xy == (0.5, 0.5) and 4 < text.xyann[0] < text.xyann[1] < 10
    label_points(axes, {})
