"""Files of features and what is in them."""
import os.path as osp
import zipfile
from collections.abc import Sequence

import numpy as np

REMEDY = 'Write one by tools/analysis/extract_features.py.'


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


def load_features(path: str, num_classes: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Read the features of some classes, whole and by granularity.

    Args:
        path (str): Path of the ``.npz``.
        num_classes (int): How many classes to take, those with the lowest labels.

    Returns:
        tuple[dict[str, np.ndarray], np.ndarray]: Features (N, D) by name: of every granularity, if the
        file has several, and ``'instance'``. And the labels, (N, ).

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds no features, or no class is taken.
    """
    if num_classes < 1:
        raise ValueError(f'--classes {num_classes} has to be at least 1.')
    arrays = read_feature_file(path)
    instance, label = arrays['feature'], arrays['label']
    chosen = np.isin(label, np.unique(label)[:num_classes])
    instance, label = instance[chosen], label[chosen]

    names = arrays.get('granularity', np.array([])).tolist()
    if names and instance.shape[1] % len(names):
        raise ValueError(f'{path} has features of {instance.shape[1]} channels, which are not '
                         f'{len(names)} equally wide granularities {names}. {REMEDY}')
    blocks = np.split(instance, len(names), axis=1) if len(names) > 1 else []
    return dict(zip(names, blocks, strict=False), instance=instance), label
