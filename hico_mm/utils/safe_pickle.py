"""Reads pickles from strangers: what they may call stands in a list, and nothing else is looked up.

Takes the place of ``pickle``, also in ``torch.load(pickle_module=...)``: its own ``weights_only`` can be
passed by before torch 2.6. NumPy's and torch's own code is trusted with what it is called with: no file
runs code by its names, but one that is forged byte by byte may make NumPy crash.
"""
import io
import os
import os.path as osp
import pickle
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

import mmengine
import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.optim import OneCycleParamScheduler

ADVICE = ("NumPy arrays, tensors and Python's containers are all that is read. Write a file of your own "
          "again with these, and do not open a stranger's in another way.")


class Refused(pickle.UnpicklingError):
    """A file that wants to run what no data needs; the message goes on from the file's name."""

    def __init__(self, what: str) -> None:
        super().__init__(f'wants to run {what} and was refused: {ADVICE}')


class Unpickler(pickle.Unpickler):
    """Reads NumPy arrays, tensors, Python's containers, and what MMEngine keeps beside the weights."""

    def __init__(self, file: BinaryIO, *, encoding: str = 'latin1', **kwargs) -> None:
        super().__init__(file, encoding=encoding, **kwargs)  # of Python 2's strings, arrays among them
        self._dtypes: list[tuple[str, np.dtype]] = []  # each with what it was made of

    def find_class(self, module: str, name: str) -> Any:
        """Look a name up in the list; nothing is imported."""
        name = f'{RENAMED.get(module, module)}.{name}'
        if name not in ALLOWED:
            raise Refused(name)
        return _Call(self._dtype) if name == 'numpy.dtype' else ALLOWED[name]

    def load(self) -> Any:
        """Read the pickle, and refuse it if it changed what it is made of."""
        with suppress(AttributeError):  # torch sets it for what is stored outside of the pickle
            self.persistent_load = partial(_load_storage, self.persistent_load)
        methods = HistoryBuffer._statistics_methods  # of all buffers, which the state of one sets
        HistoryBuffer._statistics_methods = dict(methods)
        try:
            content = super().load()
        finally:
            HistoryBuffer._statistics_methods = methods
        for text, dtype in self._dtypes:
            if dtype.__reduce__() != np.dtype(text).newbyteorder(dtype.byteorder).__reduce__():
                _KEPT.append(content)  # to free it could follow forged pointers
                raise pickle.UnpicklingError(f'the dtype {text!r} is changed')
        return content

    def _dtype(self, text: str, *flags) -> np.dtype:
        """A type of numbers, texts or objects; the state that follows gives the order of its bytes."""
        dtype = np.dtype(text) if type(text) is str else None
        if dtype is None or dtype.kind not in 'biufcSUO':
            raise pickle.UnpicklingError(f'the dtype {text!r} is not read')
        if dtype.kind != 'O':  # NumPy's own one, which is not copied, takes no state
            dtype = np.dtype(text, *flags)
            self._dtypes.append((text, dtype))
        return dtype


def _load_storage(load: Callable, key: tuple) -> Any:
    if isinstance(key, tuple) and key[0] not in ('storage', b'storage'):
        raise Refused('a module')  # of which torch would write a patch
    return load(key)


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


class _Call:
    """What a pickle may call, but not change, as the opcode BUILD could."""

    __slots__ = ('function', )

    def __init__(self, function: Callable) -> None:
        self.function = function

    def __call__(self, *args) -> Any:
        return self.function(*args)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError('changes what it calls')


class _Annealing(_Call):
    """What a scheduler of one cycle keeps in its state; it is written as itself again."""

    def __reduce__(self) -> tuple:
        return getattr, (OneCycleParamScheduler, self.function.__name__)


class _Constant(type):
    def __setattr__(cls, name: str, value: Any) -> None:
        raise pickle.UnpicklingError('changes what it calls')


class _HistoryBuffer(metaclass=_Constant):
    """Makes a ``HistoryBuffer`` for the opcode NEWOBJ, which wants a class."""

    def __new__(cls) -> HistoryBuffer:
        return HistoryBuffer.__new__(HistoryBuffer)


def _getattr(owner: Any, name: str) -> str | _Annealing:
    if owner is _ONE_CYCLE and name in ('_annealing_cos', '_annealing_linear'):
        return _Annealing(getattr(OneCycleParamScheduler, name))
    if owner is not _HistoryBuffer or name not in ('min', 'max', 'current', 'mean'):  # which it pickles
        owner = str(getattr(owner, '__name__', owner)).removeprefix('_')
        raise Refused(f'getattr({owner}, {name!r})')
    return name  # in the place of the method, which `Unpickler.load` keeps


def _rebuild_marked(rebuild: _Call, subtype: Any, args: tuple, state: Any) -> torch.Tensor:
    """A tensor without its attributes, such as the marks that ``torch.compile`` sets."""
    return ALLOWED['torch._utils._rebuild_tensor_v2'](*args)


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
_KEPT: list = []
_ONE_CYCLE = object()
_ARRAY = object()  # in the place of a class that could be called, with pointers for objects
_TENSOR = object()
RENAMED = {'__builtin__': 'builtins', 'numpy.core.multiarray': 'numpy._core.multiarray',
           'numpy.core.numeric': 'numpy._core.numeric'}  # Python 2, NumPy 1
ALLOWED: dict[str, Any] = {
    **{f'builtins.{x.__name__}': x for x in (
        bool, bytearray, bytes, complex, dict, float, frozenset, int, list, range, set, slice, str, tuple
    )},
    'builtins.long': int, 'builtins.unicode': str, 'builtins.xrange': range,  # of protocol 2
    'builtins.getattr': _Call(_getattr),
    '_codecs.encode': _Call(_encode),
    **{f'collections.{x.__name__}': x for x in (OrderedDict, defaultdict, deque)},
    'collections.Counter': _Call(Counter),
    'mmengine.config.config.ConfigDict': _Call(dict),
    'mmengine.optim.scheduler.param_scheduler.OneCycleParamScheduler': _ONE_CYCLE,
    'mmengine.logging.history_buffer.HistoryBuffer': _HistoryBuffer,
    'numpy.ndarray': _ARRAY,
    'numpy.memmap': _ARRAY,
    'numpy.dtype': np.dtype,  # see `Unpickler._dtype`
    'numpy._core.multiarray._reconstruct': _Call(lambda subtype, shape, code: np.empty(0)),
    'numpy._core.multiarray.scalar': np.float64().__reduce__()[0],
    'numpy._core.numeric._frombuffer': _Call(_from_buffer),
    'torch.Size': torch.Size,
    'torch.device': torch.device,
    **{str(x): x for x in vars(torch).values() if isinstance(x, torch.dtype)},
    **{f'torch._utils.{x}': _Call(getattr(torch._utils, x)) for x in (
        '_rebuild_tensor_v2', '_rebuild_parameter')},
    'torch.Tensor': _TENSOR,
    'torch._tensor._rebuild_from_type_v2': _Call(_rebuild_marked),
    'torch.storage._load_from_bytes': _Call(lambda content: load_torch(io.BytesIO(content))),
}
