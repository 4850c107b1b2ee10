import os

import pytest
from mmengine.runner.checkpoint import save_checkpoint

from hico_mm.utils import atomic_write, check_writable, load_checkpoint_file


def test_writes_and_makes_the_folder(tmp_path):
    path = tmp_path / 'new' / 'file'
    with atomic_write(path) as file:
        file.write(b'one ')
        file.write(b'two')
        assert not path.exists()
        assert [left.name for left in path.parent.glob('.*.tmp')] == [f'.file.{os.getpid()}.tmp']
    assert path.read_bytes() == b'one two'
    assert os.listdir(path.parent) == ['file']
    (tmp_path / 'usual').touch()
    assert path.stat().st_mode == (tmp_path / 'usual').stat().st_mode


def test_a_failed_write_leaves_the_earlier_file(tmp_path):
    path = tmp_path / 'file'
    path.write_bytes(b'whole')
    with pytest.raises(OSError, match='disk full'), atomic_write(path) as file:
        file.write(b'ha')
        file.flush()
        raise OSError('disk full')
    assert path.read_bytes() == b'whole'
    assert os.listdir(tmp_path) == ['file']


def test_a_killed_write_leaves_the_earlier_file(tmp_path):
    path = tmp_path / 'file'
    path.write_bytes(b'whole')
    child = os.fork()
    if child == 0:
        with atomic_write(path) as file:
            file.write(b'ha')
            file.flush()
            os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert path.read_bytes() == b'whole'
    assert [left.read_bytes() for left in tmp_path.glob('.*.tmp')] == [b'ha']
    with open(path, 'rb') as reader:
        with atomic_write(path) as file:  # what the killed write left does not disturb
            file.write(b'new')
        assert reader.read() == b'whole', 'who has opened the earlier file reads it to its end'
    assert path.read_bytes() == b'new'


def test_checkpoints_of_mmengine_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    def save(**content):
        save_checkpoint(content, str(tmp_path / 'epoch_1.pth'), backend_args=dict(backend='atomic'))

    def fail(descriptor):
        raise OSError('No space left on device')

    save(epoch=1)
    monkeypatch.setattr('os.fsync', fail)
    with pytest.raises(OSError, match='No space left'):
        save(epoch=2)
    assert load_checkpoint_file(tmp_path / 'epoch_1.pth') == dict(epoch=1)


def test_folders_that_can_be_written_or_not(tmp_path, monkeypatch):
    check_writable(str(tmp_path / 'a/b'), '--work-dir')
    assert (tmp_path / 'a/b').is_dir() and not list((tmp_path / 'a/b').iterdir())
    (tmp_path / 'file').touch()
    with pytest.raises(ValueError, match=r'file/run cannot be made or written \(Not a directory\). '
                       'Name another place by --work-dir'):
        check_writable(str(tmp_path / 'file/run'), '--work-dir')

    def refuse(dir):  # as root may write anywhere, the system's answer is given here
        raise PermissionError(13, 'Permission denied')

    monkeypatch.setattr('tempfile.TemporaryFile', refuse)
    with pytest.raises(ValueError, match=r'\(Permission denied\). Name another place by --dump'):
        check_writable(str(tmp_path), '--dump')
