"""Data of all forms is read; what runs code is refused, by name, by every reader of files."""
import functools
import io
import os
import pickle
import re
import shutil
import tarfile
import types
from collections import Counter, OrderedDict, defaultdict, deque
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer
from mmengine.optim import OneCycleLR, OneCycleParamScheduler
from mmengine.runner.checkpoint import CheckpointLoader

from hico_mm.datasets import PackedStore, write_packed_store
from hico_mm.datasets.annotation_file import read_annotation_file
from hico_mm.datasets.raw.released_arrays import find_tasks
from hico_mm.evaluation.functional import load_score_dump
from hico_mm.utils import load_checkpoint_file
from hico_mm.utils.safe_pickle import load_torch

ROOT = Path(__file__).parents[2]
ELSEWHERE = re.compile(r'(?<!safe_)pickle\.loads?\b|mmengine\.load\b|torch\.load\b|allow_pickle=True')


def test_no_file_is_read_in_another_way():
    lines = [line.strip() for folder in ('hico_mm', 'tools') for path in (ROOT / folder).rglob('*.py')
             for line in path.read_text(encoding='utf-8').splitlines()
             if ELSEWHERE.search(line) and '``' not in line]
    assert sorted(lines) == [
        'return pickle.loads, (content.getvalue(), )',  # from a worker process
        'return torch.load(file, map_location, sys.modules[__name__], weights_only=False)']


ARRAY = np.arange(24, dtype=np.float16).reshape(2, 3, 4)
DATA = [
    ARRAY, ARRAY.T, ARRAY.transpose(1, 2, 0), ARRAY[:, ::2], ARRAY.astype('>f4'), ARRAY > 3, ARRAY[:0],
    np.array(7), np.array(['a', 'bc']), np.array([b'a']), np.array(['a', [1]], dtype=object),
    np.float64(2.5), np.int64(3), np.bool_(True), np.str_('a'), np.dtype('f4'),
    torch.arange(6.0), torch.arange(6)[2:4], torch.ones(2, dtype=torch.bfloat16), torch.tensor(True),
    torch.nn.Parameter(torch.ones(2)), torch.zeros(2, 3).T, torch.float16, torch.Size([2]),
    torch.device('cpu'), {'a'}, frozenset([1]), slice(1, 2), range(3), 1j, bytearray(b'ab'), b'',
    b'\xe9b', b'c' * 300, OrderedDict(b=1, a=2), defaultdict(int, a=1), Counter('aab'), deque([1], 3),
    {'a': (None, True, 1.5, -2**70, 'é', [])}]
CORES = ('_core', 'core') if np.__version__ >= '2' else ('core', '_core')  # this NumPy's, the other's


def renamed(content):
    """A pickle as another NumPy, before or since 2, writes it."""
    for part in 'multiarray', 'numeric':
        old, new = (f'numpy.{core}.{part}'.encode() for core in CORES)
        content = content.replace(bytes([len(old)]) + old, bytes([len(new)]) + new).replace(old, new)
    return content + bytes(99)  # a frame says how long it is


@pytest.mark.parametrize('protocol', [2, 3, 4, 5])
@pytest.mark.parametrize('value', DATA, ids=lambda x: f'{type(x).__name__}-{x!r:.20}')
def test_data_is_read(value, protocol, tmp_path):
    content = pickle.dumps([value, dict(again=value)], protocol)
    expected, _ = pickle.loads(content)  # an array of the other byte order is turned
    for written in (content, renamed(content)):
        (tmp_path / 'x.pkl').write_bytes(written)
        read, more = read_annotation_file(str(tmp_path / 'x.pkl'))
        assert type(read) is type(value) and repr(read) == repr(expected) == repr(more['again'])


def test_a_mapped_array_becomes_one_in_memory(tmp_path):
    np.save(tmp_path / 'a.npy', ARRAY)
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps(np.load(tmp_path / 'a.npy', mmap_mode='r')))
    read = read_annotation_file(str(tmp_path / 'a.pkl'))
    assert type(read) is np.ndarray and (read == ARRAY).all()


@pytest.mark.parametrize('content', [
    b"((lp0\nS'a.skeleton'\np1\naS'caf\\xe9'\np2\na(lp3\nI3\naL5L\natp4\n.",
    b'\x80\x02]q\x00(U\x0aa.skeletonU\x04caf\xe9e]q\x01(K\x03\x8a\x01\x05e\x86q\x02.',
    b'\x80\x02]q\x00(U\x0aa.skeletonU\x04caf\xe9ecnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\n'
    b'q\x02K\x00\x85U\x01b\x87R(K\x01K\x02\x85cnumpy\ndtype\nq\x03U\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff'
    b'\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x02\x03\x05tb\x86.'])
def test_labels_of_python_2(content, tmp_path):
    np.save(tmp_path / 'data.npy', np.ones((2, 3, 4, 5, 1)))
    (tmp_path / 'label.pkl').write_bytes(content)
    rows = find_tasks('train', tmp_path / 'data.npy', tmp_path / 'label.pkl')
    assert [(row.name, row.label) for row in rows] == [('a', 3), ('café', 5)]


class Call:
    """Is pickled as a call, and perhaps as what is set in its result."""

    def __init__(self, function, *args, state=None):
        self.reduced = function, args, state

    def __reduce__(self):
        return self.reduced


def torch_file(value, **kwargs):
    file = io.BytesIO()
    torch.save(value, file, **kwargs)
    return file.getvalue()


def in_tensor(value):
    content = torch_file(value, _use_new_zipfile_serialization=False)
    return Call(torch.storage._load_from_bytes, content)


TOUCH = Call(os.system, 'touch hacked')
BUFFER = b'cmmengine.logging.history_buffer\nHistoryBuffer\n'
REFUSED = [  # pickled or to be pickled, and what the message names
    (TOUCH, f'{os.name}.system'),
    (Call(eval, '1'), 'builtins.eval'),
    (Call(open, 'hacked', 'w'), '_?io.open'),
    (Call(np.load, 'x.npy'), 'numpy.load'),
    (Call(torch.load, 'x.pth'), 'torch.serialization.load'),
    (Call(torch.hub.load, 'x', 'y'), 'torch.hub.load'),
    (Call(getattr, HistoryBuffer, '__init__'), "getattr\\(HistoryBuffer, '__init__'\\)"),
    (Call(getattr, dict, 'fromkeys'), "getattr\\(dict, 'fromkeys'\\)"),
    (functools.partial(print), 'functools.partial'),
    (Path('x'), r'pathlib[\w.]*.PosixPath'),
    (types.SimpleNamespace(a=1), 'types.SimpleNamespace'),
    (dict(keypoint=[int, print]), 'builtins.print'),
    (np.array([1, TOUCH], dtype=object), 'posix.system'),
    (OrderedDict(a={'b': (TOUCH, )}), 'posix.system'),
    (Call(OrderedDict, state=dict(a=TOUCH)), 'posix.system'),
    (in_tensor(TOUCH), 'posix.system'),
    (in_tensor(in_tensor([TOUCH])), 'posix.system'),
    (b'c__builtin__\nexec\n(S"1"\ntR.', 'builtins.exec'),
    (b'(S"touch hacked"\nios\nsystem\n.', 'os.system'),  # INST
    (b'(csubprocess\nPopen\nS"touch hacked"\no.', 'subprocess.Popen'),  # OBJ
    (b'\x80\x02cbuiltins\nobject\n)\x81.', 'builtins.object'),  # NEWOBJ
    (b'\x80\x04\x8c\x05numpy\x8c\x0ef2py.os.system\x93\x8c\x0ctouch hacked\x85R.',
     'numpy.f2py.os.system'),
    (b'\x80\x04\x8c\x08builtins\x8c\x0ddict.fromkeys\x93.', 'builtins.dict.fromkeys'),
    (b'\x80\x04\x8c\x12numpy.core.numeric\x8c\x17_frombuffer.__globals__\x93.',
     'numpy._core.numeric._frombuffer.__globals__'),
    (b'\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x04\x00\x00\x00zlib\x86R.',
     "_codecs.encode\\(..., 'zlib'\\)"),
]
MEAN = b'c__builtin__\ngetattr\n(' + BUFFER + b'X\x04\x00\x00\x00meantR'
FORGED = Call(np.dtype, 'V8', False, True, state=(  # says that it has no objects
    3, '|', None, ('f', ), {'f': (np.dtype('O'), 0)}, 8, 1, 0))
ADDRESS = b'12345678'
BROKEN = [  # what changes or misuses what may be called; what pickles refer to outside of them
    b'\x80\x02' + MEAN + b'(N}X\x08\x00\x00\x00__name__X\x01\x00\x00\x00astb.',
    b'\x80\x02' + MEAN + b'}X\x0c\x00\x00\x00dump_patches\x88sb.',
    pickle.dumps(Call(torch.storage._load_from_bytes, torch_file(Counter), state=(None, dict(a=1)))),
    pickle.dumps(Call(np.float64().__reduce__()[0], np.dtype('O'), Counter, state=(None, dict(a=1)))),
    *(pickle.dumps(x) for x in (
        Call(np.ones(1).__reduce_ex__(5)[0], ADDRESS, FORGED, (1, ), 'C'),
        Call(np.float64().__reduce__()[0], FORGED, ADDRESS),
        Call(np.float64().__reduce__()[0], Call(np.dtype, 'O,O'), np.ones(2)),
        Call(np.ones(1).__reduce__()[0], np.ndarray, (0, ), b'b',
             state=(1, (1, ), FORGED, False, ADDRESS)),
        np.zeros(1, [('a', 'i4')]), np.zeros(1, 'M8[D]'))),
    b'\x80\x02cnumpy\ndtype\nX\x03\x00\x00\x00O,O\x85\x81.',  # NEWOBJ
    b'\x80\x02cnumpy\ndtype\nc__builtin__\nstr\nX\x03\x00\x00\x00O,O\x85R\x85R.',
    b'\x80\x02' + BUFFER + b'N}X\x04\x00\x00\x00meanc__builtin__\nlist\ns\x86b.',  # BUILD: setattr
    b'\x80\x02ccollections\nCounter\nN}X\x08\x00\x00\x00functionc__builtin__\nlist\ns\x86b.',
    b'\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}X\x0c\x00\x00\x00__defaults__)s\x86b.',
    b'\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(ctorch\nTensor\nctorch\nTensor)}tR.',
    b'\x80\x02c_codecs\nencode\n}X\x01\x00\x00\x00aK\x01sb.',
    b'\x80\x02cnumpy\nndarray\nK\x01\x85cnumpy\ndtype\nX\x01\x00\x00\x00O\x85RC\x08'
    b'12345678\x87R.',  # an object at an address
    b'\x80\x02cnumpy\nmemmap\n(X\x06\x00\x00\x00hackedX\x02\x00\x00\x00u1X\x02\x00\x00\x00w+K\x00K\x01tR.',
    b'Phacked\n.', b'\x80\x02\x82\x01.', b'\x80\x05\x97.']  # persistent id, extension, buffer


def read_labels(path):
    np.save('data.npy', np.ones((2, 3, 4, 5, 1)))
    find_tasks('train', Path('data.npy'), path)


def read_store(path):
    keypoint = np.ones((1, 4, 6, 3), np.float16)
    write_packed_store('store', [(dict(frame_dir='a', label=1, keypoint=keypoint), [])])
    store, content = PackedStore('store'), path.read_bytes()
    Path('store/sequences.bin').write_bytes(content)
    store._index = np.array([[0, 0, len(content)]])
    store[0]


READERS = dict(annotations=read_annotation_file, labels=read_labels, scores=load_score_dump,
               store=read_store)


@pytest.mark.parametrize('reader', READERS)
@pytest.mark.parametrize('value, named', REFUSED)
def test_what_runs_code_is_refused_by_name(value, named, reader, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / 'x.pkl'
    for protocol in (0, 2, 4, 5):
        path.write_bytes(value if isinstance(value, bytes) else pickle.dumps(value, protocol))
        with pytest.raises(ValueError, match=rf'(x.pkl|sequences.bin) wants to run {named} and'):
            READERS[reader](path)
        shutil.rmtree('store', ignore_errors=True)
    assert not Path('hacked').exists()


def state_of_callables():
    rebuild = torch._utils._rebuild_tensor_v2
    return ([dict(vars(x)) for x in (HistoryBuffer, HistoryBuffer.mean, Counter, rebuild)],
            dict(HistoryBuffer._statistics_methods), HistoryBuffer.mean.__name__, rebuild.__defaults__)


@pytest.mark.parametrize('content', BROKEN)
def test_what_may_be_called_stays_as_it_is(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = state_of_callables()
    (tmp_path / 'x.pkl').write_bytes(content)
    with pytest.raises(ValueError, match='x.pkl .*cannot be read'):
        read_annotation_file(str(tmp_path / 'x.pkl'))
    assert not Path('hacked').exists()
    assert before == state_of_callables()


def test_a_buffer_does_not_change_others(tmp_path):
    before, buffer = state_of_callables(), HistoryBuffer([1, 3], [1, 1])
    state = dict(vars(buffer), statistics_methods=dict(mean=Counter, min=HistoryBuffer.min))
    (tmp_path / 'x.pkl').write_bytes(pickle.dumps(Call(HistoryBuffer, state=state), 2))
    read = read_annotation_file(str(tmp_path / 'x.pkl'))
    assert before == state_of_callables() and read.statistics('mean') == 2
    assert pickle.loads(pickle.dumps(read)).statistics('min', window_size=1) == 3


def test_marks_of_a_compiled_step_are_left_out(tmp_path):
    marked = torch.arange(3.0)
    marked._dynamo_static_input_type = 'guarded'  # as torch.compile sets it on momentum buffers
    torch.save(dict(momentum_buffer=marked), tmp_path / 'x.pth')
    read = load_checkpoint_file(str(tmp_path / 'x.pth'))['momentum_buffer']
    assert torch.equal(read, marked) and not vars(read)


@pytest.mark.parametrize('start, end', [(b'', b't'), (b'c__builtin__\ntuple\n', b'l\x85R')])
def test_a_checkpoint_writes_no_patch(start, end, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parts = [pickle.dumps(x, 2) for x in (0x1950a86a20f9469cfc6c, 1001, {})]
    module = b'\x80\x02' + start + (
        b'(X\x06\x00\x00\x00module' + MEAN + 2 * b'X\x01\x00\x00\x00a') + end + b'Q.'
    Path('x.pth').write_bytes(b''.join([*parts, module, pickle.dumps([], 2)]))
    with pytest.raises(ValueError, match='x.pth wants to run a module and was refused'):
        load_checkpoint_file('x.pth')
    assert os.listdir() == ['x.pth']


@pytest.mark.parametrize('new', [True, False])
def test_checkpoints_of_open_files_and_with_a_config(new, tmp_path):
    value = dict(meta=ConfigDict(a=dict(b=[1])), x=torch.arange(3))
    content = torch_file(value, _use_new_zipfile_serialization=new)
    assert str(load_torch(io.BytesIO(content))) == str(dict(meta=dict(a=dict(b=[1])), x=torch.arange(3)))


@pytest.mark.parametrize('old', [True, False])
@pytest.mark.parametrize('value, named', REFUSED[:15])
def test_checkpoints_that_run_code(value, named, old, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(dict(meta=value), 'x.pth', _use_new_zipfile_serialization=not old)
    content = Path('x.pth').read_bytes()
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, 'download_url_to_file',
                        lambda url, path, **kwargs: Path(path).write_bytes(content))
    for read in (load_checkpoint_file, CheckpointLoader.load_checkpoint,
                 lambda path: CheckpointLoader.load_checkpoint(f'https://example.org/{path}?a=b')):
        with pytest.raises(ValueError, match=f'x.pth wants to run {named} and was refused'):
            read('x.pth')
    assert not Path('hacked').exists()


def test_torchscript_is_refused(tmp_path):
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), tmp_path / 'x.pth')
    with pytest.raises(ValueError, match='x.pth wants to run TorchScript and was refused'):
        load_checkpoint_file(tmp_path / 'x.pth')


def test_a_tar_of_old_torch_that_runs_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with tarfile.open('x.pth', 'w') as tar:
        for name in 'sys_info', 'pickle', 'storages', 'tensors':
            content = pickle.dumps(TOUCH)
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    with pytest.raises(ValueError, match='x.pth wants to run posix.system'):
        load_checkpoint_file('x.pth')
    assert not Path('hacked').exists()


def test_schedulers_of_one_cycle_go_on_and_are_saved_again(tmp_path):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    scheduler = OneCycleLR(optimizer, eta_max=0.1, total_steps=10)
    for name in ('first.pth', 'again.pth'):
        torch.save(dict(scheduler.state_dict()), tmp_path / name)
        scheduler.load_state_dict(load_checkpoint_file(tmp_path / name))
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]['lr'] == pytest.approx((0.1 + 0.1 / 25) / 2)  # half of a cosine
    state = torch.load(tmp_path / 'again.pth', weights_only=False)
    assert state['anneal_func'] is OneCycleParamScheduler._annealing_cos


@pytest.mark.parametrize('kind, state, message', [
    ('f8', (3, '<', None, ('a', ), dict(a=(np.dtype('f8'), 0)), 8, 1, 0), 'is changed|f8'),
    ('U1', (3, '<', None, None, None, 4000, 4, 8), 'is changed'),
    ('O', (3, '|', None, None, None, 8, 8, 0), 'object pickle|list'),  # numbers instead of objects
    ('V8', (3, '|', None, None, None, 8, 1, 0), "dtype 'V8' is not read")])
def test_types_of_arrays_that_are_forged(kind, state, message, tmp_path):
    forged = Call(np.dtype, kind, False, True, state=state)
    array = Call(np.zeros(0).__reduce__()[0], np.ndarray, (0, ), b'b',
                 state=(1, (1, ), forged, False, bytes(8)))
    path = tmp_path / 'x.pkl'
    path.write_bytes(pickle.dumps([forged, *([array] if kind == 'O' else [])]))
    with pytest.raises(ValueError, match=message):
        read_annotation_file(str(path))
