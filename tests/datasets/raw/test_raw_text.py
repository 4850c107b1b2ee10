import pytest

from hico_mm.datasets.raw.text import LineReader, MalformedFile


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
    assert reader.count('lines') == 2
    assert reader.num_left == 2
    assert reader.table(2, 3, 2, 'a row') == [1.5, -0.2, 3., 4.]
    reader.end()


def test_separator(reader):
    reader = reader(b'7, 8,9\n', b',')
    assert reader.table(1, 3, 3, 'a row') == [7., 8., 9.]


@pytest.mark.parametrize('content, read, expected', [
    (b'', lambda x: x.count('the size'), 'line 1: the file ends where the size is expected.'),
    (b'\r\n \n', lambda x: x.count('the size'), 'line 1: the file ends where the size is expected.'),
    (b'x', lambda x: x.count('the size'), "line 1: 'x', where the size is expected."),
    (b'-1', lambda x: x.count('the size'), "line 1: '-1', where the size is expected."),
    (b'2.0', lambda x: x.count('the size'), "line 1: '2.0', where the size is expected."),
    (b'1 2', lambda x: x.count('the size'), 'line 1: 2 value(s), where the size has 1.'),
    (b'4', lambda x: x.constant(5, 'the size'), 'line 1: 4, where the size is 5.'),
    (b'1 2 3\n4 5\n6 7 8', lambda x: x.table(3, 3, 1, 'a row'),
     'line 2: 2 value(s), where a row has 3.'),
    (b'1 2 3\n4 5 6', lambda x: x.table(3, 3, 3, 'a row'),
     'line 3: the file ends where a row is expected.'),
    (b'1 2 3\n\n4 5 6', lambda x: x.table(2, 3, 3, 'a row'),
     'line 2: 0 value(s), where a row has 3.'),
    (b'1 2 3\n4 1,5 6', lambda x: x.table(2, 3, 3, 'a row'),
     "line 2: '1,5', where a row has a finite number."),
    (b'1 2 3\n4 NaN 6', lambda x: x.table(2, 3, 2, 'a row'),
     "line 2: 'NaN', where a row has a finite number."),
    (b'1 -inf', lambda x: x.table(1, 2, 2, 'a row'),
     "line 1: '-inf', where a row has a finite number."),
    (b'\xff' * 30, lambda x: x.table(1, 1, 1, 'a row'),
     f"line 1: '{chr(0xfffd) * 20}', where a row has a finite number."),
    (b'1\n2\n3', lambda x: (x.count('the size'), x.end()),
     'line 2: 2 more line(s), where the end of the file is expected.'),
])
def test_faults_are_named_with_their_line(reader, content, read, expected):
    reader = reader(content)
    with pytest.raises(MalformedFile) as error:
        read(reader)
    assert str(error.value) == f'{reader.path}, {expected}'
