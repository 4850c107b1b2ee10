"""Reads pickles from strangers: what they may call stands in a list, and nothing else is looked up.

Takes the place of ``pickle``, also in ``torch.load(pickle_module=...)``: its own ``weights_only`` can be
passed by before torch 2.6. NumPy's and torch's own code is trusted with what it is called with.
"""
import io
import os
import os.path as osp
import pickle
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Sequence
from typing import Any, BinaryIO

import mmengine
import numpy as np
import torch
from mmengine.logging import HistoryBuffer

ADVICE = ("NumPy arrays, tensors and Python's containers are all that is read. Write a file of your own "
          "again with these, and do not open a stranger's in another way.")


class Refused(pickle.UnpicklingError):
    """A file that wants to run what no data needs; the message goes on from the file's name."""

    def __init__(self, what: str) -> None:
        super().__init__(f'wants to run {what} and was refused: {ADVICE}')


class _Any:
    """Takes the place of all that a pickle names while it is checked: nothing runs, nothing is kept."""

    def __init__(self, *args) -> None:
        pass

    def __setstate__(self, state: Any) -> None:  # so that the opcode BUILD needs an instance
        raise pickle.UnpicklingError('changes what it calls')

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    append = __init__


class _Changed(_Any):
    """What is completed by BUILD after it was made."""

    def __setstate__(self, state: Any) -> None:
        pass


class _DType(_Any):
    """A ``numpy.dtype``, whose state could say that pointers are numbers."""

    def __new__(cls, text: str, *flags) -> '_DType':
        self = super().__new__(cls)
        self.dtype = np.dtype(text) if type(text) is str else None  # of what is made later
        if self.dtype is None or self.dtype.names or self.dtype.subdtype:
            raise pickle.UnpicklingError(f'the dtype {text!r} is not read')
        return self

    def __setstate__(self, state: Any) -> None:
        if type(state) is not tuple or type(state[1]) is not str or (
                state != self.dtype.newbyteorder(state[1]).__reduce__()[2]):
            raise pickle.UnpicklingError(
                f'the dtype {self.dtype} is read without fields and units of time only')


def _allowed(module: str, name: str) -> str:
    name = f'{RENAMED.get(module, module)}.{name}'
    if name not in ALLOWED:
        raise Refused(name)
    return name


class _Check(pickle.Unpickler):
    """Goes through a pickle without making anything that it names."""

    def find_class(self, module: str, name: str) -> type:
        return _Any if 'Storage' in name else CHECKED.get(_allowed(module, name), _Any)

    def persistent_load(self, key: Any) -> _Any:
        if isinstance(key, _Any) or isinstance(key, tuple) and key[0] not in ('storage', b'storage'):
            raise Refused('a module')  # of which torch would write a patch
        return _Any()


class Unpickler(pickle.Unpickler):
    """Reads NumPy arrays, tensors, Python's containers, and what MMEngine keeps beside the weights."""

    def __init__(self, file: BinaryIO, *, encoding: str = 'latin1', **kwargs) -> None:
        super().__init__(file, encoding=encoding, **kwargs)  # of Python 2's strings, arrays among them
        self.file, self.encoding = file, encoding

    def find_class(self, module: str, name: str) -> Any:
        """Look a name up in the list; nothing is imported."""
        return ALLOWED[_allowed(module, name)]

    def load(self) -> Any:
        """Read the pickle if a first pass, in which it makes nothing, finds nothing in it to refuse."""
        start = self.file.tell()
        _Check(self.file, encoding=self.encoding).load()
        self.file.seek(start)
        methods = HistoryBuffer._statistics_methods  # of all buffers, which the state of one would set
        HistoryBuffer._statistics_methods = dict(methods)
        try:
            return super().load()
        finally:
            HistoryBuffer._statistics_methods = methods


def load(file: BinaryIO, **kwargs) -> Any:
    """As ``pickle.load``."""
    return Unpickler(file, **kwargs).load()


def load_torch(file: str | os.PathLike | BinaryIO, map_location: Any = 'cpu') -> Any:
    """As ``torch.load``, but without TorchScript, which is code."""
    with torch.serialization._open_file_like(file, 'rb') as file:
        start = file.tell()
        if torch.serialization._is_zipfile(file) and (
                'constants.pkl' in torch._C.PyTorchFileReader(file).get_all_records()):
            raise Refused('TorchScript')
        file.seek(start)
        return torch.load(file, map_location, sys.modules[__name__], weights_only=False)


def read_pickle(path: str | os.PathLike, remedy: str) -> Any:
    """Read a pickle of a user, or of a server that MMEngine knows; the remedy ends the message."""
    try:
        with io.BytesIO(mmengine.fileio.get(path)) if '://' in str(path) else open(path, 'rb') as file:
            return load(file)
    except Refused as error:
        raise ValueError(f'{path} {error}') from None
    except Exception as error:  # bytes that are no pickle can raise almost any error
        size = f' ({osp.getsize(path)} bytes)' if osp.isfile(path) else ''
        raise ValueError(f'{path}{size} cannot be read: it is truncated or not a pickle '
                         f'({type(error).__name__}: {error}). {remedy}') from error


def _getattr(owner: Any, name: str) -> str:
    if owner is not HistoryBuffer or name not in ('min', 'max', 'current', 'mean'):  # which it pickles
        raise Refused(f'getattr({getattr(owner, "__name__", owner)}, {name!r})')
    return name  # in the place of the method, which `Unpickler.load` keeps


def _encode(text: str, encoding: str) -> bytes:
    """Bytes, as protocols before 3 write them."""
    if encoding != 'latin1':
        raise Refused(f'_codecs.encode(..., {encoding!r})')
    return text.encode('latin1')


def _from_buffer(buffer: Any, dtype: np.dtype, shape: Sequence[int], order: str,
                 axes: Sequence[int] | None = None) -> np.ndarray:
    """An array, as protocol 5 writes it; that of newer versions of NumPy for older ones, too."""
    array = np.frombuffer(buffer, dtype)
    return array.reshape(shape, order=order) if axes is None else array.reshape(shape).transpose(axes)


HistoryBuffer()  # sets the methods of all
_ARRAY = object()  # in the place of a class that could be called, with pointers for objects
RENAMED = {'__builtin__': 'builtins', 'numpy.core.multiarray': 'numpy._core.multiarray',
           'numpy.core.numeric': 'numpy._core.numeric'}  # Python 2, NumPy 1
ALLOWED: dict[str, Any] = {
    **{f'builtins.{x.__name__}': x for x in (
        bool, bytearray, bytes, complex, dict, float, frozenset, int, list, range, set, slice, str, tuple
    )},
    'builtins.long': int, 'builtins.unicode': str, 'builtins.xrange': range,  # of protocol 2
    'builtins.getattr': _getattr,
    '_codecs.encode': _encode,
    **{f'collections.{x.__name__}': x for x in (Counter, OrderedDict, defaultdict, deque)},
    'mmengine.config.config.ConfigDict': dict,
    'mmengine.logging.history_buffer.HistoryBuffer': HistoryBuffer,
    'numpy.ndarray': _ARRAY,
    'numpy.memmap': _ARRAY,
    'numpy.dtype': np.dtype,
    'numpy._core.multiarray._reconstruct': lambda subtype, shape, code: np.empty(0),
    'numpy._core.multiarray.scalar': np.float64().__reduce__()[0],
    'numpy._core.numeric._frombuffer': _from_buffer,
    'torch.Size': torch.Size,
    'torch.device': torch.device,
    **{str(x): x for x in vars(torch).values() if isinstance(x, torch.dtype)},
    **{f'torch._utils.{x}': getattr(torch._utils, x) for x in (
        '_rebuild_tensor_v2', '_rebuild_parameter')},
    'torch.storage._load_from_bytes': lambda content: load_torch(io.BytesIO(content)),
}
CHECKED: dict[str, type] = {
    'numpy.dtype': _DType,
    **dict.fromkeys(('collections.OrderedDict', 'mmengine.logging.history_buffer.HistoryBuffer',
                     'numpy._core.multiarray._reconstruct'), _Changed),
}
