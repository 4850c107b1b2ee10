"""Labels of points that lie close together."""
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.transforms import Bbox

DISTANCES = range(4, 90, 6)  # of a label from its point, in points
DIRECTIONS = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1)])
MARKER = 3.5  # half a marker with its edge, in points


def label_points(axes: Axes, labels: Mapping[tuple[float, float], str],
                 spreads: Mapping[tuple[float, float], float] | None = None) -> None:
    """Write labels beside points, so that none hides another label, a point or its error bar.

    A line joins each label to its point.

    Args:
        axes (Axes): Where to write; its place in the figure and its limits must be final.
        labels (Mapping[tuple[float, float], str]): The text of each point.
        spreads (Mapping[tuple[float, float], float], optional): How far the error bars of points reach
            up and down. Defaults to None.
    """
    pixels = axes.figure.dpi / 72  # of a point of type
    places = np.array(list(labels)).reshape(-1, 2)
    bars = np.array([(0, (spreads or {}).get(place, 0)) for place in labels]).reshape(-1, 2)
    low, points, high = (
        axes.transData.transform(ends) for ends in (places - bars, places, places + bars))
    taken = [Bbox([lowest - MARKER * pixels, highest + MARKER * pixels])
             for lowest, highest in zip(low, high, strict=True)]  # in pixels
    for point, (place, label) in zip(points, labels.items(), strict=True):
        text = axes.annotate(
            label, place, xytext=(0, 0), textcoords='offset points', fontsize='small', ha='center',
            va='center', bbox=dict(boxstyle='round,pad=0.1', facecolor='white', edgecolor='none'),
            arrowprops=dict(arrowstyle='-', linewidth=0.5, color='#888888', shrinkA=0, shrinkB=2))
        size = Text.get_window_extent(text).size  # an annotation's own has the line, too
        middles = [direction * (distance * pixels + size / 2)
                   for distance in DISTANCES for direction in DIRECTIONS]
        boxes = [Bbox([point + middle - size / 2, point + middle + size / 2]) for middle in middles]
        outside = [np.any([box.min < axes.bbox.min, box.max > axes.bbox.max]) for box in boxes]
        hidden = [box.count_overlaps(taken) for box in boxes]
        best = np.argmin(np.add(hidden, outside))  # the first of the fewest faults
        text.set_position(middles[best] / pixels)
        taken.append(boxes[best])
