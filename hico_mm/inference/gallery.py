"""Galleries: features of known sequences, to look for neighbours in."""
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from hico_mm.evaluation.functional import NO_LABEL, SIMILARITIES, read_feature_file

from .results import Neighbour, WindowResult

REMEDY = ('Extract it by the encoder of this checkpoint: name the annotation file itself as gallery, or '
          'write its features again.')


@dataclass(frozen=True)
class Gallery:
    """Sequences by their features.

    Args:
        feature (np.ndarray): Instance features (G, D).
        names (Sequence[str]): Names of the G sequences.
        labels (Sequence[int | None]): Their classes, as far as there are some.
        class_names (Sequence[str | None]): Names of their classes, as far as there are some.
    """

    feature: np.ndarray
    names: Sequence[str]
    labels: Sequence[int | None]
    class_names: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.names)

    def find(self, query: np.ndarray, k: int) -> list[tuple[Neighbour, ...]]:
        """Find the nearest neighbours by cosine similarity, as retrieval does.

        Args:
            query (np.ndarray): Instance features (N, D).
            k (int): How many.

        Returns:
            list[tuple[Neighbour, ...]]: For each query its neighbours, nearest first; all of the gallery
            if that has fewer.
        """
        similarity = SIMILARITIES['cosine'](torch.from_numpy(query), torch.from_numpy(self.feature))
        values, indices = similarity.topk(min(k, len(self)))  # (N, k)
        return [tuple(Neighbour(self.names[i], value, self.labels[i], self.class_names[i])
                      for value, i in zip(*row, strict=True))
                for row in zip(values.tolist(), indices.tolist(), strict=True)]


def gallery_of(results: Sequence[WindowResult]) -> Gallery:
    """Make a gallery of sequences that were encoded.

    Args:
        results (Sequence[WindowResult]): Their results.

    Returns:
        Gallery: The gallery.
    """
    return Gallery(np.stack([result.feature for result in results]),
                   [result.name for result in results], [result.label for result in results],
                   [result.class_name for result in results])


def load_gallery(path: str, num_channels: int, fingerprint: str,
                 classes: Sequence[str] | None) -> Gallery:
    """Read a gallery from a file of features.

    Args:
        path (str): What ``tools/analysis/extract_features.py`` or ``tools/infer.py`` wrote.
        num_channels (int): D of the encoder.
        fingerprint (str): Which encoder it is; a file may say of which one its features are.
        classes (Sequence[str], optional): Names of the classes. Without, a file may have them, else
            they are named by their numbers.

    Returns:
        Gallery: The gallery.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it has no features, or those of another encoder.
    """
    arrays = read_feature_file(path, ('feature', 'frame_dir'))
    feature = arrays['feature']
    if feature.ndim != 2 or feature.shape[1] != num_channels or not len(feature):
        raise ValueError(f'The gallery {path} has features of the shape {feature.shape}, but this '
                         f'encoder gives (sequences, {num_channels}): they are of another one. {REMEDY}')
    if str(arrays.get('encoder', fingerprint)) != fingerprint:
        raise ValueError(f"The gallery {path} has features of the encoder {arrays['encoder']}, but this "
                         f'one is {fingerprint}: other weights, or another stream. {REMEDY}')
    if not np.isfinite(feature).all():
        raise ValueError(f'The gallery {path} has NaN or infinite features. {REMEDY}')
    labels = [None if label == NO_LABEL else int(label)
              for label in arrays.get('label', np.full(len(feature), NO_LABEL))]
    stored = arrays.get('class_name', [''] * len(feature))
    class_names = [str(name) or name_class(label, classes)
                   for name, label in zip(stored, labels, strict=True)]
    return Gallery(feature.astype(np.float32, copy=False), [str(name) for name in arrays['frame_dir']],
                   labels, class_names)


def name_class(label: int | None, classes: Sequence[str] | None) -> str | None:
    """Name a class, by its number if it has no name.

    Args:
        label (int, optional): The class.
        classes (Sequence[str], optional): Names, in the order of the labels.

    Returns:
        str | None: The name; None without a label.
    """
    if label is None:
        return None
    return classes[label] if classes and 0 <= label < len(classes) else f'class {label}'
