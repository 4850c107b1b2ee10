import os
import pickle

import numpy as np
import pytest

from hico_mm.datasets.raw.conversion import Outcome, convert_all
from hico_mm.datasets.raw.text import LineReader


def convert(path):
    """The number in a file, as the coordinate of one joint in as many frames."""
    number = LineReader(path).count('the number')
    outcome = Outcome()
    outcome.add_sequence(path.stem, np.full((2, number, 1, 3), number), number,
                         ('train', ) if number % 2 else ('train', 'val'))
    return outcome


@pytest.fixture
def raw(tmp_path):
    paths = [tmp_path / name for name in 'abcde']
    for number, path in enumerate(paths):
        path.write_text(str(number))
    return paths


@pytest.mark.parametrize('workers', [1, 2])
def test_file_and_summary(raw, tmp_path, capsys, workers):
    raw[2].write_text('two')
    out = tmp_path / 'new' / 'out.pkl'
    summary = convert_all(convert, raw, out, workers, left_out=[('listed', name) for name in 'uvwxyz'])
    content = pickle.loads(out.read_bytes())
    assert content['split'] == dict(train=['b', 'd', 'e'], val=['e'])
    assert [(x['frame_dir'], x['label'], x['total_frames']) for x in content['annotations']] == [
        ('b', 1, 1), ('d', 3, 3), ('e', 4, 4)]
    for number, annotation in zip((1, 3, 4), content['annotations'], strict=True):
        assert annotation['keypoint'].dtype == np.float32
        np.testing.assert_array_equal(annotation['keypoint'], np.full((2, number, 1, 3), number))
    assert [line.split() for line in summary.splitlines()] == [line.split() for line in f'''{out}
                sequences persons frames classes
        all     3         6       8      3
        train   3         6       8      3
        val     1         2       4      1
        Left out: 8
        6 listed: u, v, w, x, y, ...
        1 without any body: a
        1 malformed or unreadable:
        {raw[2]}, line 1: expected the number, got 'two'.'''.splitlines()]
    assert '5/5' in capsys.readouterr().err
    assert os.listdir(out.parent) == ['out.pkl']


def test_a_file_that_cannot_be_read_is_left_out(raw, tmp_path):
    (tmp_path / 'f').symlink_to(tmp_path / 'gone')
    summary = convert_all(convert, [*raw, tmp_path / 'f'], tmp_path / 'out.pkl')
    assert f"1 malformed or unreadable:\n         [Errno 2] No such file or directory: '{tmp_path}/f'" \
        in summary


@pytest.mark.parametrize('workers', [1, 2])
def test_strict(raw, tmp_path, workers):
    raw[2].write_text('two')
    out = tmp_path / 'out.pkl'
    out.write_bytes(b'earlier')
    with pytest.raises(ValueError, match="c, line 1: expected the number, got 'two'. Without --strict "
                       'it would be left out and counted.'):
        convert_all(convert, raw, out, workers, strict=True)
    assert out.read_bytes() == b'earlier'


def test_nothing_left(raw, tmp_path):
    with pytest.raises(ValueError, match='There is no sequence to write. Left out: 1\n *1 without any'
                       ' body: a'):
        convert_all(convert, raw[:1], tmp_path / 'out.pkl')
    with pytest.raises(ValueError, match='There is no sequence to write. Left out: 0'):
        convert_all(convert, [], tmp_path / 'out.pkl')
    assert not list(tmp_path.glob('out.pkl*'))


@pytest.mark.parametrize('out, workers, expected', [
    ('out.npz', 1, 'OUT is .*out.npz, but MMAction2 reads annotation files that end with .pkl'),
    ('out.pkl', 0, 'workers is 0, but at least 1 process is needed.'),
    ('a/out.pkl', 1, 'cannot be made or written .* Name another place by OUT.'),
])
def test_unfit_options(raw, tmp_path, out, workers, expected):
    with pytest.raises(ValueError, match=expected):
        convert_all(None, raw, tmp_path / out, workers)  # before anything is converted
