"""Results of windows: as objects, as text, and in files."""
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hico_mm.evaluation.functional import NO_LABEL
from hico_mm.utils import atomic_write

ENDINGS = ('.json', '.npz')


@dataclass(frozen=True)
class Neighbour:
    """A sequence of the gallery that is near to a window.

    Args:
        name (str): Its name.
        similarity (float): Cosine of the angle between the features, 1 for the same direction.
        label (int, optional): Its class. Defaults to None, for a gallery without labels.
        class_name (str, optional): Name of its class. Defaults to None.
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
        name (str): Name of the recording.
        start (int): Number of the first frame, from 0.
        end (int): Number of the last frame plus 1.
        feature (np.ndarray): Instance feature (D, ), neither projected nor of unit length.
        label (int, optional): Class by the annotation. Defaults to None.
        class_name (str, optional): Its name. Defaults to None.
        scores (np.ndarray, optional): Class scores (classes, ) as ``tools/test.py --dump`` writes them.
            Defaults to None, without a head.
        classes (tuple[tuple[str, float], ...], optional): Names of the classes and their probabilities,
            highest first. Defaults to None, without a head.
        neighbours (tuple[Neighbour, ...], optional): Of the gallery, nearest first. Defaults to None,
            without a gallery.
        predicted (str, optional): The class that the head finds likeliest or, without a head, that of
            the nearest neighbour. Defaults to None.
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

    def describe(self, top: int = 5) -> str:
        """Write it for people.

        Args:
            top (int): How many classes and neighbours to name. Defaults to 5.

        Returns:
            str: A line, and one for each neighbour.
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
    """Refuse a file that results cannot be written to.

    Args:
        path (str): Path of the file.
        has_classes (bool): Whether there are classes or neighbours.

    Raises:
        ValueError: If the ending is unknown, or features are all there is and the file is JSON.
    """
    ending = os.path.splitext(path)[1]
    if ending not in ENDINGS:
        raise ValueError(f'--out {path} has to end in one of {ENDINGS}.')
    if ending == '.json' and not has_classes:
        raise ValueError(f'--out {path} would be empty: JSON has classes and neighbours, and there are '
                         'only features. Write them as .npz, or give a gallery.')


def write_results(results: Sequence[WindowResult], path: str, fingerprint: str) -> None:
    """Write results, as a whole or not at all.

    Args:
        results (Sequence[WindowResult]): The results.
        path (str): A ``.json``, for classes and neighbours; or an ``.npz``, for features and scores,
            which may serve as a gallery and as input of the figures.
        fingerprint (str): Which encoder the features are of.
    """
    with atomic_write(path) as file:
        if path.endswith('.json'):
            content = [_to_json(result) for result in results]
            file.write(json.dumps(content, indent=1, ensure_ascii=False).encode())
        else:
            np.savez(file, **_to_arrays(results), encoder=np.array(fingerprint))


def _to_json(result: WindowResult) -> dict:
    record = dict(name=result.name, start=result.start, end=result.end, label=result.label,
                  class_name=result.class_name, predicted=result.predicted)
    if result.classes is not None:
        record['classes'] = [dict(name=name, probability=value) for name, value in result.classes]
    if result.neighbours is not None:
        record['neighbours'] = [vars(neighbour) for neighbour in result.neighbours]
    return record


def _to_arrays(results: Sequence[WindowResult]) -> dict[str, np.ndarray]:
    """The arrays that tools/analysis/extract_features.py writes, and some more."""
    arrays = dict(
        feature=np.stack([result.feature for result in results]),
        label=np.array([NO_LABEL if result.label is None else result.label for result in results]),
        frame_dir=np.array([result.name for result in results]),
        class_name=np.array([result.class_name or '' for result in results]),
        start=np.array([result.start for result in results]),
        end=np.array([result.end for result in results]))
    if results[0].scores is not None:
        arrays['scores'] = np.stack([result.scores for result in results])
    return arrays
