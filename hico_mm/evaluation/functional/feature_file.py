"""Feature files: what ``tools/analysis/extract_features.py`` writes, and plots and galleries read."""
import hashlib
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np

from hico_mm.utils import atomic_write, check_file
from hico_mm.utils.errors import check_positive

NO_LABEL = -1  # label of a sequence that has none
REMEDY = 'Write one by tools/analysis/extract_features.py.'


def write_feature_file(path: str, feature: np.ndarray, label: np.ndarray, frame_dir: np.ndarray,
                       **more: np.ndarray) -> None:
    """Write the instance features of N sequences, whole or not at all.

    These are ``feature`` (N, D) of float32, ``label`` (N, ) of int64 and the names ``frame_dir`` (N, ).
    In ``more`` may be ``granularity``, the names of the equally wide blocks of columns in ``feature``,
    and ``content`` (N, ), by which sequences of one name are told apart.
    """
    with atomic_write(path) as file:
        np.savez(file, feature=feature, label=label, frame_dir=frame_dir, **more)


def read_feature_file(path: str,
                      required: Sequence[str] = ('feature', 'label')) -> dict[str, np.ndarray]:
    """Read all arrays of a feature file by name; refuse one that lacks a required array."""
    check_file(path, REMEDY)
    try:
        with np.load(path) as file:
            arrays = dict(file)
    except (AttributeError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f'{path} is no readable .npz file. {REMEDY}') from error
    if not set(required) <= set(arrays):
        raise ValueError(f"{path} needs the arrays {' and '.join(required)}, but has {sorted(arrays)}. "
                         f'{REMEDY}')
    return arrays


def hash_joints(keypoint: np.ndarray, total_frames: int | None = None) -> str:
    """Name the joints (M, T, V, C) of a sequence by a hash of their values in half precision."""
    with np.errstate(over='ignore'):  # files of half precision are copies of others
        joints = np.float32(keypoint[:, :total_frames]).astype(np.float16)
    return hashlib.blake2b(repr(joints.shape).encode() + joints.tobytes(), digest_size=8).hexdigest()


def find_same(queries: Mapping[str, np.ndarray], gallery: Mapping[str, np.ndarray]) -> np.ndarray:
    """Find which of N queries and G sequences of a gallery are the same, to (N, G) of bool.

    Both have ``feature`` and ``frame_dir``. Other files may use the same names: sequences are the same
    if their ``content`` is equal, too, or, where one of them has none, their feature.
    """
    same = queries['frame_dir'][:, None] == gallery['frame_dir']
    for query, other in np.argwhere(same):
        key = 'content'
        if not all(key in x and x[key][i] for x, i in ((queries, query), (gallery, other))):
            key = 'feature'
        a, b = queries[key][query], gallery[key][other]
        # A batch of another size may change the last bits of a feature.
        same[query, other] = a == b if key == 'content' else np.allclose(a, b, rtol=1e-4, atol=1e-5)
    return same


def read_granularities(path: str, num_classes: int | None = None
                       ) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Read features (N, D) by name, and the labels (N, ).

    The names are those of the granularities (Eq. 6 and 7), if the file has several, and ``'instance'``.
    ``num_classes`` takes only so many classes, those with the lowest labels.
    """
    if num_classes is not None:
        check_positive(num_classes=num_classes)
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
