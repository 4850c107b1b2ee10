"""Galleries: features of known sequences, to look for neighbours in."""
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from hico_mm.evaluation.functional import NO_LABEL, find_nearest, read_feature_file

from .class_names import name_class
from .recordings import Recording
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
        file (str, optional): Annotation file that they are from. Defaults to None (not known).
    """

    feature: np.ndarray
    names: Sequence[str]
    labels: Sequence[int | None]
    class_names: Sequence[str | None]
    file: str | None = None

    def __len__(self) -> int:
        return len(self.names)

    def find(self, query: np.ndarray, k: int,
             known: Sequence[str | None] | None = None) -> list[tuple[Neighbour, ...]]:
        """Find the nearest neighbours by cosine similarity, as retrieval does.

        Args:
            query (np.ndarray): Instance features (N, D).
            k (int): How many.
            known (Sequence[str | None], optional): Name of each query in the gallery, if it is there:
                a sequence is not its own neighbour. Defaults to None.

        Returns:
            list[tuple[Neighbour, ...]]: For each query its neighbours, nearest first; all of the gallery
            if that has fewer.
        """
        known = np.array(known or [None] * len(query), dtype=object)
        same = known[:, None] == np.array(self.names, dtype=object)  # (N, G)
        values, indices = find_nearest(torch.from_numpy(query), torch.from_numpy(self.feature), k,
                                       same=torch.from_numpy(same))  # (N, k)
        return [tuple(Neighbour(self.names[i], value, self.labels[i], self.class_names[i])
                      for value, i in zip(*row, strict=True) if value > -np.inf)
                for row in zip(values.tolist(), indices.tolist(), strict=True)]

    def name_of(self, recording: Recording) -> str | None:
        """Name a recording as the gallery does, if it is one of its sequences.

        Args:
            recording (Recording): What neighbours are looked for. An array or a frame of a stream is
                never in a gallery; of features the file is not known, so that the name decides.

        Returns:
            str | None: Its name; None if it is of another file.
        """
        if recording.file is None or self.file not in (None, recording.file):
            return None
        return recording.name


def gallery_of(results: Sequence[WindowResult], file: str | None) -> Gallery:
    """Make a gallery of sequences that were encoded.

    Args:
        results (Sequence[WindowResult]): Their results.
        file (str, optional): Annotation file that they are from.

    Returns:
        Gallery: The gallery.
    """
    return Gallery(np.stack([result.feature for result in results]),
                   [result.name for result in results], [result.label for result in results],
                   [result.class_name for result in results], file)


def load_gallery(path: str, num_channels: int, fingerprint: str) -> Gallery:
    """Read a gallery from a file of features.

    Args:
        path (str): What ``tools/analysis/extract_features.py`` or ``tools/infer.py`` wrote.
        num_channels (int): D of the encoder.
        fingerprint (str): Which encoder it is; a file may say of which one its features are.

    Returns:
        Gallery: The gallery. Classes that the file does not name are named by their numbers.

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
                         f'one is {fingerprint}: other weights or settings, another stream or another '
                         f'test pipeline. {REMEDY}')
    if not np.isfinite(feature).all():
        raise ValueError(f'The gallery {path} has NaN or infinite features. {REMEDY}')
    labels = [None if label == NO_LABEL else int(label)
              for label in arrays.get('label', np.full(len(feature), NO_LABEL))]
    stored = arrays.get('class_name', [''] * len(feature))
    class_names = [str(name) or name_class(label)
                   for name, label in zip(stored, labels, strict=True)]
    return Gallery(feature.astype(np.float32, copy=False), [str(name) for name in arrays['frame_dir']],
                   labels, class_names)
