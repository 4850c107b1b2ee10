import os

import pytest

from hico_mm.datasets.raw.files import LineReader, MalformedFile, find_files, read_text


def test_finds_files_in_all_folders(tmp_path, told):
    for path in ('b.txt', 'inner/A.TXT', 'inner/a.csv', '.hidden.txt', '.hidden/c.txt'):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    assert list(find_files(tmp_path, '.txt', 'the skeletons').items()) == [
        ('B', tmp_path / 'b.txt'), ('A', tmp_path / 'inner/A.TXT')]
    assert told == []
    (tmp_path / 'a.txt').touch()
    for folder, suffix, error, message in (
            ('', '.skeleton', FileNotFoundError, r'no \*.skeleton file in .* folder of the skel'),
            ('none', '.txt', FileNotFoundError, 'none is not a folder. Give the folder'),
            ('', '.txt', ValueError, 'a.txt and .*inner/A.TXT have the same name')):
        with pytest.raises(error, match=message):
            find_files(tmp_path / folder, suffix, 'the skeletons')


def test_follows_links(tmp_path, told):
    """To folders and files, outside and in circles; a file that several ways lead to is one."""
    raw, disk = tmp_path / 'raw', tmp_path / 'disk'
    for path in (raw / 'part/a.txt', disk / 'more/b.txt', disk / 'c.txt'):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    links = {'disk': disk / 'more', 'part/c.txt': disk / 'c.txt', 'again': raw / 'part', 'up': raw,
             'part/up': raw, 'c.txt': disk / 'c.txt', 'gone': disk / 'gone', 'd.txt': disk / 'd.txt'}
    for name, target in links.items():
        (raw / name).symlink_to(target)
    found = find_files(raw, '.txt', 'the skeletons')
    assert {name: path.name for name, path in found.items()} == dict(
        A='a.txt', B='b.txt', C='c.txt', D='d.txt')
    assert told == [f'{raw}/gone is a link to nothing and is left out.']


def test_names_a_folder_that_cannot_be_read(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, 'Permission denied', path)

    monkeypatch.setattr(os, 'scandir', refuse)
    with pytest.raises(ValueError, match=rf'The folder {tmp_path} cannot be read \(Permission denied\)'):
        find_files(tmp_path, '.txt', 'the skeletons')


def test_reads_lists(tmp_path):
    (tmp_path / 'list.txt').write_bytes(b'\xef\xbb\xbfone\r\ntwo\xff')
    assert read_text(tmp_path / 'list.txt', 'a list') == 'one\ntwo\ufffd'
    with pytest.raises(FileNotFoundError, match='no.txt is not a file. Give a list.'):
        read_text(tmp_path / 'no.txt', 'a list')


@pytest.fixture
def reader(tmp_path):
    def read(content, separator=None):
        (tmp_path / 'raw.txt').write_bytes(content)
        return LineReader(tmp_path / 'raw.txt', separator)

    return read


@pytest.mark.parametrize('content', [
    b'2\n1.5 -2e-1 x\n3 4 y\n',
    b'2\r\n1.5 -2e-1 x\r\n3 4 y\r\n',
    b'2\r1.5 -2e-1 x\r3 4 y',
    b'\xef\xbb\xbf 2 \n 1.5\t-2e-1  x\n3 4 y\n\n \r\n',
])
def test_line_ends_and_white_space(reader, content):
    reader = reader(content)
    assert reader.count('lines') == reader.num_left == 2
    assert reader.table(2, 3, 2, 'a row') == [1.5, -0.2, 3., 4.]
    reader.end()


def test_the_largest_numbers_are_read(reader):
    assert reader(b'3.4028235e38 -3.4028235e38').table(1, 2, 2, 'a row') == [3.4028235e38, -3.4028235e38]


@pytest.mark.parametrize('content, read, expected', [
    (b'', lambda x: x.count('the size'), 'line 1: expected the size, but the file ends.'),
    (b'-1', lambda x: x.count('the size'), "line 1: expected the size, got '-1'."),
    (b'2.0', lambda x: x.count('the size'), "line 1: expected the size, got '2.0'."),
    (b'1 2', lambda x: x.count('the size'), 'line 1: expected the size of 1 value(s), got 2.'),
    (b'4', lambda x: x.count('the size', 5), 'line 1: expected 5 as the size, got 4.'),
    (b'1 2 3\n4 5\n6 7 8', lambda x: x.table(3, 3, 1, 'a row'),
     'line 2: expected a row of 3 value(s), got 2.'),
    (b'1 2 3\n4 5 6', lambda x: x.table(3, 3, 3, 'a row'),
     'line 3: expected a row, but the file ends.'),
    (b'1 2 3\n\n4 5 6', lambda x: x.table(2, 3, 3, 'a row'),
     'line 2: expected a row of 3 value(s), got 0.'),
    (b'1 2 3\n4 1,5 6', lambda x: x.table(2, 3, 3, 'a row'),
     "line 2: expected finite numbers in a row, got '1,5'."),
    (b'1 2 3\n4 NaN 6', lambda x: x.table(2, 3, 2, 'a row'),
     "line 2: expected finite numbers in a row, got 'NaN'."),
    (b'1 2 3\n4 -1e40 6', lambda x: x.table(2, 3, 2, 'a row'),  # infinite as float32
     "line 2: expected finite numbers in a row, got '-1e40'."),
    (b'\xff' * 30, lambda x: x.table(1, 1, 1, 'a row'),
     f"line 1: expected finite numbers in a row, got '{chr(0xfffd) * 20}'."),
    (b'1\n2\n3', lambda x: (x.count('the size'), x.end()),
     'line 2: expected the end of the file, but 2 more line(s) follow.'),
])
def test_faults_are_named_with_their_line(reader, content, read, expected):
    reader = reader(content)
    with pytest.raises(MalformedFile) as error:
        read(reader)
    assert str(error.value) == f'{reader.path}, {expected}'
