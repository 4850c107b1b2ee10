import pytest
from matplotlib.figure import Figure

from hico_mm.visualization import check_figure_path, save_figure

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
