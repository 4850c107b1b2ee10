"""The features of a file by granularity."""
import numpy as np

from hico_mm.evaluation.functional.feature_file import REMEDY, read_feature_file


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
