"""What came of raw files: sequences, and what was left out and why."""
from dataclasses import dataclass, field

import numpy as np

NO_BODY = 'without any body'
MALFORMED = 'malformed or unreadable'


@dataclass
class Outcome:
    """Sequences, and what was left out.

    Args:
        sequences (list[tuple[dict, tuple[str, ...]]]): Annotations, each with the names of its
            splits.
        left_out (list[tuple[str, str]]): A reason, and what it applies to.
    """

    sequences: list[tuple[dict, tuple[str, ...]]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: 'Outcome') -> None:
        """Append what came of further files."""
        self.sequences += other.sequences
        self.left_out += other.left_out

    def add_sequence(self, name: str, keypoint: np.ndarray, label: int, splits: tuple[str, ...],
                     **details: int) -> None:
        """Append a sequence, or leave it out if nobody is in it.

        Args:
            name (str): Name of the sequence, its ``frame_dir``.
            keypoint (np.ndarray): Joint coordinates (M, T, V, C). Persons who never appear are
                dropped.
            label (int): Class, from 0.
            splits (tuple[str, ...]): Names of the splits that it belongs to.
            **details (int): Further entries of the annotation.
        """
        keypoint = keypoint[keypoint.any(axis=(1, 2, 3))]
        if not len(keypoint):
            self.left_out.append((NO_BODY, name))
            return
        annotation = dict(
            frame_dir=name,
            label=label,
            total_frames=keypoint.shape[1],
            keypoint=np.ascontiguousarray(keypoint, np.float32),
            **details)
        self.sequences.append((annotation, splits))

    def by_split(self) -> dict[str, list[dict]]:
        """Annotations by the name of the split."""
        splits = {}
        for annotation, names in self.sequences:
            for name in names:
                splits.setdefault(name, []).append(annotation)
        return splits
