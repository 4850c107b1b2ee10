"""The features that ``tools/analysis/extract_features.py`` writes."""
import os.path as osp
import zipfile
from collections.abc import Sequence

import numpy as np

REMEDY = 'Write one by tools/analysis/extract_features.py.'
NO_LABEL = -1  # in the array `label`, of a sequence without


def read_feature_file(path: str,
                      required: Sequence[str] = ('feature', 'label')) -> dict[str, np.ndarray]:
    """Read features.

    Args:
        path (str): Path of the ``.npz``.
        required (Sequence[str]): Arrays that it has to have. Defaults to ``('feature', 'label')``.

    Returns:
        dict[str, np.ndarray]: The arrays.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no such file, or does not have the arrays.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(f'{path} does not exist (looked for {osp.abspath(path)}). {REMEDY}')
    try:
        with np.load(path) as file:
            arrays = dict(file)
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f'{path} is no readable .npz file. {REMEDY}') from error
    if not set(required) <= set(arrays):
        raise ValueError(f"{path} needs the arrays {' and '.join(required)}, but has {sorted(arrays)}. "
                         f'{REMEDY}')
    return arrays
