import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from hico_mm.visualization import check_figure_path, save_animation, save_figure

BEGINNINGS = dict(png=b'\x89PNG', pdf=b'%PDF', svg=b'<?xml')


@pytest.mark.parametrize('suffix', BEGINNINGS)
def test_the_ending_decides_the_format(tmp_path, suffix):
    path = tmp_path / f'sub/figure.{suffix.upper()}'
    assert check_figure_path(str(path)) == suffix
    save_figure(Figure(), str(path))
    assert path.read_bytes().startswith(BEGINNINGS[suffix])
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize('name', ['figure', 'figure.gif', 'png'])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"--out .* has to end in one of \('png', 'pdf', 'svg'\)"):
        check_figure_path(str(tmp_path / name))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(ValueError, match='cannot be made or written .*Name another place by --out'):
        check_figure_path(str(tmp_path / 'file/figure.png'))


def test_an_animation_has_all_frames(tmp_path):
    path = tmp_path / 'sub/figure.gif'
    assert check_figure_path(str(path), animation=True) == 'gif'
    figure = Figure(figsize=(1, 1), layout='constrained')
    axes = figure.subplots()
    line = axes.axvline(0, linewidth=5, color='black')
    axes.set_xlim(0, 10)
    axes.set_axis_off()
    save_animation(figure, lambda frame: line.set_xdata([3 * frame + 2] * 2), 3, str(path))
    with Image.open(path) as image:
        assert (image.n_frames, image.size, image.info['loop']) == (3, (80, 80), 0)
        centres = []
        for frame in range(3):
            image.seek(frame)
            dark = np.asarray(image.convert('L'))[40] < 128
            centres.append(np.flatnonzero(dark).mean())
    np.testing.assert_allclose(np.diff(centres), 3 / 10 * 80, atol=3)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_failed_animation_leaves_the_earlier_file(tmp_path):
    (tmp_path / 'figure.gif').write_text('earlier')
    with pytest.raises(KeyError):
        save_animation(Figure(), lambda frame: {0: None}[frame], 3, str(tmp_path / 'figure.gif'))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [('figure.gif', 'earlier')]


def test_an_animation_may_be_a_figure_and_no_more(tmp_path):
    assert check_figure_path(str(tmp_path / 'figure.png'), animation=True) == 'png'
    with pytest.raises(ValueError, match=r"has to end in one of \('png', 'pdf', 'svg', 'gif'\)"):
        check_figure_path(str(tmp_path / 'figure.mp4'), animation=True)
