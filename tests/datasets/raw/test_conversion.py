import os
import pickle

import numpy as np
import pytest

from hico_mm.datasets.raw.conversion import Outcome, convert_all
from hico_mm.datasets.raw.files import LineReader


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
    for path, text in zip(paths, ['0', '1', 'two', '3', '4'], strict=True):
        path.write_text(text)
    return paths


@pytest.mark.parametrize('workers', [1, 2])
def test_file_and_summary(raw, tmp_path, capsys, workers):
    (tmp_path / 'f').symlink_to(tmp_path / 'gone')
    out = tmp_path / 'new/out.pkl'
    summary = convert_all(convert, [*raw, tmp_path / 'f'], out, workers,
                          left_out=[('listed', name) for name in 'uvwxyz'])
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
        Left out: 9
        6 listed: u, v, w, x, y, ...
        1 without any body: a
        2 malformed or unreadable:
        {raw[2]}, line 1: expected the number, got 'two'.
        [Errno 2] No such file or directory: '{tmp_path}/f' '''.splitlines()]
    assert '6/6' in capsys.readouterr().err
    assert os.listdir(out.parent) == ['out.pkl']


@pytest.mark.parametrize('name, number, options, message', [
    ('out.pkl', 5, dict(strict=True),
     "c, line 1: expected the number, got 'two'. Without --strict it would be left out and counted."),
    ('out.pkl', 5, dict(strict=True, workers=2), "c, line 1: expected the number, got 'two'"),
    ('out.pkl', 1, {}, 'There is no sequence to write. Left out: 1\n *1 without any body: a'),
    ('out.pkl', 0, {}, 'There is no sequence to write. Left out: 0'),
    ('out.npz', 5, {}, 'OUT is .*out.npz. Let it end with .pkl'),
    ('out.pkl', 5, dict(workers=0), 'workers is 0, but at least 1 process is needed.'),
    ('a/out.pkl', 5, {}, 'cannot be made or written .* Name another place by OUT.')])
def test_what_cannot_be_converted_leaves_an_earlier_file(raw, tmp_path, name, number, options, message):
    (tmp_path / 'out.pkl').write_bytes(b'earlier')
    with pytest.raises(ValueError, match=message):
        convert_all(convert, raw[:number], tmp_path / name, **options)
    assert (tmp_path / 'out.pkl').read_bytes() == b'earlier'
    assert {path.name for path in tmp_path.iterdir()} == {*'abcde', 'out.pkl'}


def test_a_sequence_of_two_splits_counts_once(tmp_path):
    def convert(task):
        outcome = Outcome()
        outcome.add_sequence('a', np.full((1, 3, 2, 3), task[0]), 0, task[1:])
        return outcome

    summary = convert_all(convert, [(1, 'train'), (1, 'val')], tmp_path / 'out.pkl')
    assert [line.split()[:2] for line in summary.splitlines()[2:5]] == [
        ['all', '1'], ['train', '1'], ['val', '1']]
    with pytest.raises(ValueError, match="split 'train' and split 'val' have different .* 'a'"):
        convert_all(convert, [(1, 'train'), (2, 'val')], tmp_path / 'out.pkl')
