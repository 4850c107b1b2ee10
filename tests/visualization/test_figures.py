import itertools
import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from hico_mm.visualization import figures

BEGINNINGS = dict(png=b'\x89PNG', pdf=b'%PDF', svg=b'<?xml')


@pytest.mark.parametrize('suffix', BEGINNINGS)
def test_the_ending_decides_the_format_and_the_file_repeats(tmp_path, suffix):
    written = []
    for folder in ('a', 'b'):
        path = tmp_path / folder / f'figure.{suffix.upper()}'
        assert figures.check_path(str(path)) == suffix
        figure = Figure(figsize=(1, 1))
        figure.add_subplot(xticks=[], yticks=[], title='a').plot([1, 2], [3, 4], 'o')
        figures.save(figure, str(path))
        assert [file.name for file in path.parent.iterdir()] == [path.name]
        written.append(path.read_bytes())
    assert written[0].startswith(BEGINNINGS[suffix]) and written[0] == written[1]
    assert suffix != 'svg' or b'<text' in written[0] and b'<dc:date>' not in written[0]


@pytest.mark.parametrize('name, animation, message', [
    ('figure', False, r"--out .* has to end in one of \('png', 'pdf', 'svg'\)"),
    ('figure.gif', False, 'has to end in'),
    ('figure.mp4', True, r"has to end in one of \('png', 'pdf', 'svg', 'gif'\)"),
    ('file/figure.png', False, 'cannot be made or written .*Name another place by --out')])
def test_other_paths_are_refused(tmp_path, name, animation, message):
    (tmp_path / 'file').write_text('')
    with pytest.raises(ValueError, match=message):
        figures.check_path(str(tmp_path / name), animation)


def test_an_animation_has_all_frames_or_leaves_the_earlier_file(tmp_path):
    path = tmp_path / 'sub/figure.gif'
    assert figures.check_path(str(path), animation=True) == 'gif'
    figure = Figure(figsize=(1, 1), layout='constrained')
    axes = figure.subplots()
    line = axes.axvline(0, linewidth=5, color='black')
    axes.set_xlim(0, 10)
    axes.set_axis_off()
    figures.save_animation(figure, lambda frame: line.set_xdata([3 * frame + 2] * 2), 3, str(path))
    with Image.open(path) as image:
        assert (image.n_frames, image.size, image.info['loop']) == (3, (80, 80), 0)
        centres = []
        for frame in range(3):
            image.seek(frame)
            centres.append(np.flatnonzero(np.asarray(image.convert('L'))[40] < 128).mean())
    np.testing.assert_allclose(np.diff(centres), 3 / 10 * 80, atol=3)
    earlier = path.read_bytes()
    with pytest.raises(KeyError):
        figures.save_animation(figure, {0: None}.__getitem__, 3, str(path))
    assert [(file.name, file.read_bytes()) for file in path.parent.iterdir()] == [(path.name, earlier)]


def test_classes_are_named_by_the_user_then_by_the_features(tmp_path):
    files = [dict(label=[0, -1]), dict(label=[2, -1, 5, 1], class_name=['jump', 'none', 'late', ''])]
    assert figures.class_names(None, 3, files) == ['0', '1', 'jump']
    (tmp_path / 'names.txt').write_text('sit\nrun\nhop\n')
    assert figures.class_names(str(tmp_path / 'names.txt'), 2, files) == ['sit', 'run']
    with pytest.raises(ValueError, match='3 class names for 4 classes. .* --class-names'):
        figures.class_names(str(tmp_path / 'names.txt'), 4, files)


def test_rows_of_smoke_runs_are_left_out(tmp_path):
    path = tmp_path / 'x.json'
    rows = [dict(config='a', smoke=True), dict(config='b', smoke=False), dict(config='c')]
    path.write_text(json.dumps(dict(rows=rows)))
    assert [row['config'] for row in figures.read_results(str(path), 'rows', ['config'])] == ['b', 'c']


OTHER = "x.json is no results.json .* with 'rows': .*again"


@pytest.mark.parametrize('content, message', [
    (b'no JSON', OTHER), (b'\xff', OTHER), (b'{}', OTHER), (b'[]', OTHER),
    (b'{"rows": [{"mean": 1}]}', OTHER), (b'{"rows": 1}', OTHER),
    (b'{"rows": [{"config": "a", "smoke": true}]}', 'only rows of smoke runs.* without --smoke')])
def test_other_results_are_refused(tmp_path, content, message):
    (tmp_path / 'x.json').write_bytes(content)
    with pytest.raises(ValueError, match=message):
        figures.read_results(str(tmp_path / 'x.json'), 'rows', ['config'])


def test_labels_of_close_points_hide_neither_one_another_nor_a_point():
    axes = Figure(figsize=(4, 4)).subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    close = np.random.default_rng(0).uniform(0.45, 0.55, (9, 2))
    labels = {tuple(place): f'{number} {number}' for number, place in enumerate(close.tolist())}
    figures.label_points(axes, labels)
    assert [text.get_text() for text in axes.texts] == list(labels.values())
    axes.figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    for point in axes.transData.transform(close):
        assert not any(box.contains(*point) for box in boxes)
