"""What a training leaves behind, compared bit by bit with what another one left."""
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from torch import Tensor

from hico_mm.utils.checkpoint import load_checkpoint_file

# What differs between any two runs: names, clocks, memory.
OWN_META = {'cfg', 'experiment_name', 'time'}
# The message hub's epoch and iteration are those that began last; `meta` has those of the weights.
OWN_INFO = {'cfg', 'experiment_name', 'eta', 'epoch', 'iter'}
OWN_SCALARS = ('time', 'data_time', 'memory')


def read_end_state(work_dir: Path) -> dict[str, Any]:
    """Read all that should be the same after two trainings by the same config.

    Args:
        work_dir (Path): Folder of the training.

    Returns:
        dict[str, Any]: The content of each checkpoint file, the best one included, by file name;
        under ``log`` the logged scalars of each iteration and each evaluation, a list that has more
        than one entry where a resumed training has logged something else than before.

    Raises:
        ValueError: If a checkpoint cannot be read.
    """
    state = {path.name: _without_own(load_checkpoint_file(path), str(work_dir))
             for path in sorted(Path(work_dir).glob('*.pth'))}
    log = {}
    for record in read_log(work_dir):
        name = f"{'iteration' if 'epoch' in record else 'evaluation'} {record['step']}"
        scalars = {key: value for key, value in record.items() if key not in OWN_SCALARS}
        if scalars not in log.setdefault(name, []):
            log[name].append(scalars)
    return dict(state, log=log)


def read_log(work_dir: Path) -> Iterator[dict]:
    """Read the scalars that MMEngine logs, those of a resumed training after the earlier ones.

    Args:
        work_dir (Path): Folder of the training.

    Yields:
        dict: Scalars by name. Training has an ``epoch``, and its ``step`` is the number of iterations;
        the step of an evaluation is its epoch.
    """
    # MMEngine names the folder of each start by its time.
    for path in sorted(Path(work_dir).glob('*/vis_data/scalars.json')):
        # The last line of a killed training may be incomplete.
        yield from (json.loads(line) for line in path.read_text().splitlines() if line[-1:] == '}')


def _without_own(checkpoint: dict, work_dir: str) -> dict:
    """Leave out what is a run's own, and the work dir of what remains."""
    hub = checkpoint['message_hub']
    info = {key: value.replace(work_dir, '') if isinstance(value, str) else value
            for key, value in hub['runtime_info'].items() if key not in OWN_INFO}
    scalars = {key: value for key, value in hub['log_scalars'].items()
               if key.split('/')[-1] not in OWN_SCALARS}
    meta = {key: value for key, value in checkpoint['meta'].items() if key not in OWN_META}
    return {**checkpoint, 'meta': meta, 'message_hub': dict(runtime_info=info, log_scalars=scalars)}


def find_difference(expected: Any, found: Any, where: str = '') -> str | None:
    """Find the first difference between two nested states.

    Args:
        expected (Any): Dicts, lists and tuples of tensors, arrays, histories and plain values.
        found (Any): What is compared with it.
        where (str): Name of the two. Defaults to ''.

    Returns:
        str or None: Where they differ and how; None if all bits are the same.
    """
    if type(expected) is not type(found):
        return f'{where} is {found!r:.60} instead of {expected!r:.60}'
    if isinstance(expected, HistoryBuffer):
        expected, found = expected.data, found.data
    if isinstance(expected, dict):
        return _difference_of_dicts(expected, found, where)
    if isinstance(expected, list | tuple):
        if len(expected) != len(found):
            return f'{where} has {len(found)} entries instead of {len(expected)}'
        entries = (find_difference(*pair, f'{where}[{index}]')
                   for index, pair in enumerate(zip(expected, found, strict=True)))
        return next(filter(None, entries), None)
    if isinstance(expected, Tensor | np.ndarray):
        return _difference_of_arrays(torch.as_tensor(expected), torch.as_tensor(found), where)
    # repr, because NaN is not equal to itself.
    return None if repr(expected) == repr(found) else f'{where} is {found!r} instead of {expected!r}'


def _difference_of_dicts(expected: dict, found: dict, where: str) -> str | None:
    for keys, what in ((expected.keys() - found.keys(), 'is missing'),
                       (found.keys() - expected.keys(), 'is too much')):
        if keys:
            return f'{where}.{min(keys, key=str)} {what}'.lstrip('.')
    entries = (find_difference(expected[key], found[key], f'{where}.{key}'.lstrip('.'))
               for key in expected)
    return next(filter(None, entries), None)


def _difference_of_arrays(expected: Tensor, found: Tensor, where: str) -> str | None:
    if expected.dtype != found.dtype or expected.shape != found.shape:
        return (f'{where} is {found.dtype} {tuple(found.shape)} instead of '
                f'{expected.dtype} {tuple(expected.shape)}')
    bits = [array.flatten().view(torch.uint8) for array in (expected, found)]
    if torch.equal(*bits):
        return None
    differ = (bits[0] != bits[1]).view(-1, expected.element_size()).any(dim=1).sum()
    return f'{where}: {differ} of {expected.numel()} numbers differ'
