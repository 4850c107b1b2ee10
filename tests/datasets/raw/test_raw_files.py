import pytest

from hico_mm.datasets.raw.files import find_files, read_text


def test_finds_files_in_all_folders(tmp_path):
    for path in ('b.txt', 'inner/a.txt', 'inner/a.csv', '.hidden.txt'):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    assert find_files(tmp_path, '.txt', 'the skeletons') == dict(
        b=tmp_path / 'b.txt', a=tmp_path / 'inner/a.txt')
    with pytest.raises(FileNotFoundError, match=r'no \*.skeleton file in .*; name the folder with'):
        find_files(tmp_path, '.skeleton', 'the skeletons')
    with pytest.raises(FileNotFoundError, match='none is no folder; name the one with the skeletons'):
        find_files(tmp_path / 'none', '.txt', 'the skeletons')


def test_refuses_two_files_of_one_name(tmp_path):
    (tmp_path / 'inner').mkdir()
    for path in ('a.txt', 'inner/a.txt'):
        (tmp_path / path).touch()
    with pytest.raises(ValueError, match='a.txt and .*inner/a.txt have the same name'):
        find_files(tmp_path, '.txt', 'the skeletons')


def test_reads_lists(tmp_path):
    (tmp_path / 'list.txt').write_bytes(b'\xef\xbb\xbfone\r\ntwo\xff')
    assert read_text(tmp_path / 'list.txt', 'a list') == 'one\ntwo\ufffd'
    with pytest.raises(FileNotFoundError, match='no.txt is no file; name a list.'):
        read_text(tmp_path / 'no.txt', 'a list')
