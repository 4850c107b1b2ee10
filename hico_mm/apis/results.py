"""Results of windows, and the galleries in which their nearest neighbours are looked for."""
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from hico_mm.evaluation.functional import (
    NO_LABEL,
    find_nearest,
    find_same,
    read_feature_file,
    write_feature_file,
)
from hico_mm.utils import atomic_write
from hico_mm.utils.class_names import name_class

REMEDY = ('Extract it by the encoder of this checkpoint: name the annotation file itself as gallery, or '
          'write its features again.')


@dataclass(frozen=True)
class Neighbour:
    """A sequence of the gallery that is near to a window.

    Args:
        name: Its name.
        similarity: Cosine of the angle between the two features, 1 for the same direction.
        label: Its class; None in a gallery without labels.
        class_name: Name of its class; None in a gallery without labels.
    """

    name: str
    similarity: float
    label: int | None = None
    class_name: str | None = None

    def __str__(self) -> str:
        return f'{self.similarity:.3f} {self.class_name or ""} ({self.name})'.replace('  ', ' ')


@dataclass(frozen=True)
class WindowResult:
    """What a model says of a window of a recording.

    Args:
        name: Name of the recording.
        start: Number of the first frame, from 0.
        end: Number of the last frame plus 1.
        feature: Instance feature (D, ), neither projected nor of unit length.
        label: Class by the annotation; None without one.
        class_name: Name of that class.
        scores: Class scores (classes, ) as ``tools/test.py --dump`` writes them; None without a head.
        classes: Names and probabilities of the classes, highest first; None without a head.
        neighbours: Sequences of the gallery, nearest first; None without a gallery.
        predicted: The class that the head finds likeliest or, without a head, that of the nearest
            neighbour.
        content: Hash of the recording's joints, by which it is known in a gallery.
    """

    name: str
    start: int
    end: int
    feature: np.ndarray
    label: int | None = None
    class_name: str | None = None
    scores: np.ndarray | None = None
    classes: tuple[tuple[str, float], ...] | None = None
    neighbours: tuple[Neighbour, ...] | None = None
    predicted: str | None = None
    content: str = ''

    def describe(self, top: int = 5) -> str:
        """Write it for people.

        Args:
            top: How many classes and neighbours to name.

        Returns:
            A line, and one for each neighbour.
        """
        head = f'{self.name} [{self.start}, {self.end})'
        if self.classes is not None:
            head += '  ' + ', '.join(f'{name} {value:.3f}' for name, value in self.classes[:top])
        elif self.predicted is not None:
            head += f'  {self.predicted}'
        elif self.neighbours is None:
            norm = np.linalg.norm(self.feature)
            head += f'  feature of {len(self.feature)} channels, length {norm:.3f}'
        if self.class_name is not None:
            head += f'  (annotated: {self.class_name})'
        return '\n    '.join([head, *map(str, (self.neighbours or ())[:top])])


def check_result_path(path: str, has_classes: bool) -> None:
    """Refuse a file that results, with or without classes or neighbours, cannot be written to."""
    if not path.endswith(('.json', '.npz')):
        raise ValueError(f'--out {path} has to end in .json or .npz.')
    if path.endswith('.json') and not has_classes:
        raise ValueError(f'--out {path} would be empty: JSON has classes and neighbours, and there are '
                         'only features. Write them as .npz, or give a gallery.')


def write_results(results: Sequence[WindowResult], path: str, fingerprint: str) -> None:
    """Write classes and neighbours (``.json``), or the features of an encoder and scores (``.npz``)."""
    if path.endswith('.json'):
        content = json.dumps([_to_json(result) for result in results], indent=1, ensure_ascii=False)
        with atomic_write(path) as file:
            file.write(content.encode())
        return
    scores = {} if results[0].scores is None else dict(scores=[result.scores for result in results])
    write_feature_file(
        path, **features_of(results),
        label=np.array([NO_LABEL if result.label is None else result.label for result in results]),
        class_name=np.array([result.class_name or '' for result in results]),
        start=np.array([result.start for result in results]),
        end=np.array([result.end for result in results]),
        encoder=np.array(fingerprint), **scores)


def features_of(results: Sequence[WindowResult]) -> dict[str, np.ndarray]:
    """Arrays of N results: ``feature`` (N, D), and the names and contents of their recordings (N, )."""
    return dict(feature=np.stack([result.feature for result in results]),
                frame_dir=np.array([result.name for result in results]),
                content=np.array([result.content for result in results]))


def _to_json(result: WindowResult) -> dict:
    record = dict(name=result.name, start=result.start, end=result.end, label=result.label,
                  class_name=result.class_name, predicted=result.predicted)
    if result.classes is not None:
        record['classes'] = [dict(name=name, probability=value) for name, value in result.classes]
    if result.neighbours is not None:
        record['neighbours'] = [vars(neighbour) for neighbour in result.neighbours]
    return record


@dataclass(frozen=True)
class Gallery:
    """G sequences by their features."""

    arrays: dict[str, np.ndarray]  # feature (G, D), frame_dir (G, ) and usually content (G, )
    labels: Sequence[int | None]
    class_names: Sequence[str | None]

    @classmethod
    def load(cls, path: str, num_channels: int, fingerprint: str) -> 'Gallery':
        """Read a feature file; refuse one of another encoder, by its channels and its fingerprint."""
        arrays = read_feature_file(path, ('feature', 'frame_dir'))
        feature = arrays['feature']
        if feature.ndim != 2 or feature.shape[1] != num_channels or not len(feature):
            raise ValueError(f'The gallery {path} has features of the shape {feature.shape}, but this '
                             f'encoder gives (sequences, {num_channels}): they come from another one. '
                             f'{REMEDY}')
        if str(arrays.get('encoder', fingerprint)) != fingerprint:
            raise ValueError(f"The gallery {path} has features of the encoder {arrays['encoder']}, but "
                             f'this one is {fingerprint}: other weights or settings, another stream or '
                             f'another test pipeline. {REMEDY}')
        if not np.isfinite(feature).all():
            raise ValueError(f'The gallery {path} has NaN or infinite features. {REMEDY}')
        labels = [None if label == NO_LABEL else int(label)
                  for label in arrays.get('label', np.full(len(feature), NO_LABEL))]
        stored = arrays.get('class_name', [''] * len(feature))
        class_names = [str(name) or name_class(label)
                       for name, label in zip(stored, labels, strict=True)]
        return cls(dict(arrays, feature=feature.astype(np.float32, copy=False)), labels, class_names)

    def find(self, queries: dict[str, np.ndarray], k: int) -> list[tuple[Neighbour, ...]]:
        """Find the k nearest neighbours of each query by cosine similarity, nearest first.

        A sequence, or a window of it, is not its own neighbour; see :func:`find_same`.
        """
        same = torch.from_numpy(find_same(queries, self.arrays))  # (N, G)
        query, gallery = (torch.from_numpy(x['feature']) for x in (queries, self.arrays))
        values, indices = find_nearest(query, gallery, k, same=same)  # (N, k)
        names = self.arrays['frame_dir'].tolist()
        return [tuple(Neighbour(names[i], value, self.labels[i], self.class_names[i])
                      for value, i in zip(*row, strict=True) if value > -np.inf)
                for row in zip(values.tolist(), indices.tolist(), strict=True)]
