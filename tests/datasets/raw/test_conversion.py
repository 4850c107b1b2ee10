import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from hico_mm.datasets.raw import conversion
from hico_mm.datasets.raw.conversion import Converter, convert_all
from hico_mm.datasets.raw.outcome import Outcome
from hico_mm.datasets.raw.text import LineReader


@dataclass(frozen=True)
class NumberConverter(Converter):
    """The number in a file, as the coordinate of one joint in as many frames; counts its calls."""

    chunk_size: ClassVar[int] = 2

    log: Path
    factor: int = 1

    def sources(self, task):
        return [task]

    def convert(self, task):
        with open(self.log, 'a') as file:
            file.write(task.stem)
        number = LineReader(task).count('the number')
        outcome = Outcome()
        outcome.add_sequence(task.stem, np.full((2, number, 1, 3), self.factor * number), number,
                             ('train', ) if number % 2 else ('train', 'val'))
        return outcome


@pytest.fixture
def raw(tmp_path):
    paths = [tmp_path / name for name in 'abcde']
    for number, path in enumerate(paths):
        path.write_text(str(number))
    return paths


def load(path):
    content = pickle.loads(path.read_bytes())
    return {x['frame_dir']: x['keypoint'][0, 0, 0, 0] for x in content['annotations']}


@pytest.mark.parametrize('workers', [1, 2])
def test_file_and_summary(raw, tmp_path, capsys, workers):
    raw[2].write_text('two')
    out = tmp_path / 'new' / 'out.pkl'
    summary = convert_all(NumberConverter(tmp_path / 'log'), raw, out, workers,
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
        Left out: 8
        6 listed: u, v, w, x, y, ...
        1 without any body: a
        1 malformed or unreadable:
        {raw[2]}, line 1: 'two', where the number is expected.'''.splitlines()]
    assert '5/5' in capsys.readouterr().err
    assert os.listdir(out.parent) == ['out.pkl']


def test_a_file_that_cannot_be_read_is_left_out(raw, tmp_path):
    (tmp_path / 'f').symlink_to(tmp_path / 'gone')
    summary = convert_all(NumberConverter(tmp_path / 'log'), [*raw, tmp_path / 'f'],
                          tmp_path / 'out.pkl')
    assert f"1 malformed or unreadable:\n         [Errno 2] No such file or directory: '{tmp_path}/f'" \
        in summary


@pytest.mark.parametrize('workers', [1, 2])
def test_strict(raw, tmp_path, workers):
    raw[2].write_text('two')
    out = tmp_path / 'out.pkl'
    out.write_bytes(b'earlier')
    for _ in range(2):  # also if the chunk was converted before
        with pytest.raises(ValueError, match="c, line 1: 'two', where the number is expected. Without "
                           '--strict it would be left out and counted.'):
            convert_all(NumberConverter(tmp_path / 'log'), raw, out, workers, strict=True)
    assert out.read_bytes() == b'earlier'


def interrupt(raw, tmp_path, converter, monkeypatch):
    """Convert all chunks, but stop before the result is written."""
    with monkeypatch.context() as patch:
        def stop(*args, **kwargs):
            raise KeyboardInterrupt

        patch.setattr(conversion, 'write_annotation_file', stop)
        with pytest.raises(KeyboardInterrupt):
            convert_all(converter, raw, tmp_path / 'out.pkl')
    converter.log.unlink()


def test_finished_chunks_are_not_repeated(raw, tmp_path, monkeypatch):
    converter = NumberConverter(tmp_path / 'log')
    interrupt(raw, tmp_path, converter, monkeypatch)
    parts = sorted((tmp_path / 'out.pkl.parts').iterdir())
    assert len(parts) == 3
    parts[0].unlink()
    convert_all(converter, raw, tmp_path / 'out.pkl')
    assert converter.log.read_text() in ('ab', 'cd', 'e')
    assert load(tmp_path / 'out.pkl') == dict(b=1, c=2, d=3, e=4)
    assert not (tmp_path / 'out.pkl.parts').exists()


def test_changed_files_are_converted_again(raw, tmp_path, monkeypatch):
    converter = NumberConverter(tmp_path / 'log')
    interrupt(raw, tmp_path, converter, monkeypatch)
    stat = raw[3].stat()
    raw[3].write_text('7')  # of the same size
    os.utime(raw[3], ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    convert_all(converter, raw, tmp_path / 'out.pkl')
    assert converter.log.read_text() == 'cd'
    assert load(tmp_path / 'out.pkl') == dict(b=1, c=2, d=7, e=4)


def test_other_options_are_converted_again(raw, tmp_path, monkeypatch):
    interrupt(raw, tmp_path, NumberConverter(tmp_path / 'log'), monkeypatch)
    convert_all(NumberConverter(tmp_path / 'log', factor=10), raw, tmp_path / 'out.pkl')
    assert load(tmp_path / 'out.pkl') == dict(b=10, c=20, d=30, e=40)


def test_nothing_left(raw, tmp_path):
    with pytest.raises(ValueError, match='No sequence is there to write. Left out: 1\n *1 without any'
                       ' body: a'):
        convert_all(NumberConverter(tmp_path / 'log'), raw[:1], tmp_path / 'out.pkl')
    with pytest.raises(ValueError, match='No sequence is there to write. Left out: 0'):
        convert_all(NumberConverter(tmp_path / 'log'), [], tmp_path / 'out.pkl')
    assert not list(tmp_path.glob('out.pkl*'))


def test_unfit_options(raw, tmp_path):
    converter = NumberConverter(tmp_path / 'log')
    with pytest.raises(ValueError, match='is to be .*out.npz, but MMAction2 reads only files whose'):
        convert_all(converter, raw, tmp_path / 'out.npz')
    with pytest.raises(ValueError, match='workers is 0, but at least 1 process is needed.'):
        convert_all(converter, raw, tmp_path / 'out.pkl', workers=0)
    with pytest.raises(ValueError, match='cannot be made or written .* Name another place by OUT.'):
        convert_all(converter, raw, raw[0] / 'out.pkl')
    assert not converter.log.exists()
