"""Choice of the persons to keep."""
import numpy as np
from mmaction.registry import TRANSFORMS

from ..annotation_file import check_keypoint, sequence_name
from .base import Transform


def motion_energy(person: np.ndarray) -> float:
    """How much one person (T, V, C) moves and how large they are; 0 without any frame.

    The sum over the coordinates of the standard deviation over the joints of all non-empty frames.
    """
    frames = person[person.any(axis=(1, 2))]
    return float(frames.std(axis=(0, 1), dtype=np.float64).sum()) if len(frames) else 0.


def most_energetic(keypoint: np.ndarray, num_persons: int = 2) -> np.ndarray:
    """Keep the persons with the highest energy of (M, T, V, C), ordered by falling energy."""
    energy = np.array([motion_energy(person) for person in keypoint])  # (M, )
    # Stable, so that persons of equal energy keep their order.
    return keypoint[np.argsort(-energy, kind='stable')[:num_persons]]


@TRANSFORMS.register_module()
class KeepActivePersons(Transform):
    """Keep the persons with the highest energy, ordered by falling energy.

    Of a sequence with no more than ``num_person`` persons the order is kept, except that persons
    without any frame come last. The energy is that of the NTU RGB+D preprocessing in the released code
    (:func:`motion_energy`).

    Required keys: keypoint, frame_dir (optional). Modified keys: keypoint.

    Args:
        num_person: Largest number of persons M to keep. Defaults to 2.

    Raises:
        ValueError: If ``num_person`` is below 1, or a sequence to choose from is unfit.
    """

    def __init__(self, num_person: int = 2) -> None:
        if num_person < 1:
            raise ValueError(f'num_person of KeepActivePersons is {num_person}, but at least 1 is '
                             'expected; give the number of persons that the model takes.')
        self.num_person = num_person

    def transform(self, results: dict) -> dict:
        """Choose among the persons of one sequence, whose ``keypoint`` is (M, T, V, C)."""
        keypoint = results['keypoint']
        if len(keypoint) <= self.num_person:
            # NormalizeSkeleton goes by person 0, who must not be an empty one.
            empty = [not (person[0].any() or person.any()) for person in keypoint]
            if any(empty):
                results['keypoint'] = keypoint[np.argsort(empty, kind='stable')]
            return results
        check_keypoint(keypoint, sequence_name(results))
        results['keypoint'] = most_energetic(keypoint, self.num_person)
        return results
