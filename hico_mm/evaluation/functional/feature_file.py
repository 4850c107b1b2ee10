"""Feature files: what ``tools/analysis/extract_features.py`` writes, and plots and galleries read."""
import os.path as osp
import zipfile
from collections.abc import Sequence

import numpy as np

from hico_mm.utils import atomic_write

NO_LABEL = -1  # label of a sequence that has none
REMEDY = 'Write one by tools/analysis/extract_features.py.'


def write_feature_file(path: str, feature: np.ndarray, label: np.ndarray, frame_dir: np.ndarray,
                       **more: np.ndarray) -> None:
    """Write the features of N sequences, whole or not at all.

    Args:
        path: The ``.npz`` file.
        feature: Instance features, (N, D) float32.
        label: Classes, (N, ) int64, ``NO_LABEL`` where there is none.
        frame_dir: Names of the sequences, (N, ) strings.
        more: Other arrays by name. ``granularity`` names the equally wide blocks of columns that
            ``feature`` consists of.
    """
    with atomic_write(path) as file:
        np.savez(file, feature=feature, label=label, frame_dir=frame_dir, **more)


def read_feature_file(path: str,
                      required: Sequence[str] = ('feature', 'label')) -> dict[str, np.ndarray]:
    """Read all arrays of a feature file by name.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file cannot be read, or lacks one of the required arrays.
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


def read_granularities(path: str, num_classes: int | None = None
                       ) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Read the instance feature and the granularities that it consists of (Eq. 6 and 7).

    Args:
        path: The ``.npz`` file.
        num_classes: How many classes to take, those with the lowest labels. None takes all.

    Returns:
        Features (N, D) by name: each granularity, if the file has several, and ``'instance'``. And
        the labels, (N, ).
    """
    if num_classes is not None and num_classes < 1:
        raise ValueError(f'The number of classes is {num_classes}, but has to be at least 1.')
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
