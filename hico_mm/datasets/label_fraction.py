"""A part of the labels, for semi-supervised training."""
import logging
from collections import Counter
from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from mmaction.registry import DATASETS
from mmengine.dataset import BaseDataset, force_full_init
from mmengine.logging import print_log

from hico_mm.utils.errors import check_positive

from .annotation_file import check_label
from .packed_store import PackedStore
from .seeded import DatasetWrapper


def draw_balanced(names: Sequence[str], labels: Sequence[int], fraction: float | None, seed: int,
                  per_class: int | None = None) -> np.ndarray:
    """Draw a fraction of the sequences, as equally from all classes as these allow; return indices.

    Without a fraction, ``per_class`` sequences of each class are drawn, or all that a class has.

    In each turn every class that has sequences left gives one of them, until there are enough. The
    classes that give one in an incomplete last turn are drawn, too. The first turn is always complete,
    so every class gives at least one.

    The draw depends on the names, not on their order or on other random numbers of the program. With
    the same seed, a larger draw contains the smaller one.
    """
    labels = np.asarray(labels)
    rng = np.random.default_rng(seed)
    # From the order of the names, whatever that of the file is.
    shuffled = rng.permutation(np.argsort(names))
    by_class = shuffled[np.argsort(labels[shuffled], kind='stable')]
    _, first, size = np.unique(labels[by_class], return_index=True, return_counts=True)
    # The turn in which its class gives a sequence, from 0.
    turn = np.arange(len(labels)) - np.repeat(first, size)
    by_turn = by_class[np.lexsort((rng.random(len(labels)), turn))]
    number = (np.minimum(size, per_class).sum() if fraction is None
              else max(len(size), round(fraction * len(labels))))
    return np.sort(by_turn[:number])


@DATASETS.register_module()
class LabelFraction(DatasetWrapper):
    """A wrapper that keeps a class-balanced, seeded draw of the labelled sequences.

    For semi-supervised training (Table 6) put it inside ``SeededDataset``, and add
    ``LabelledSequencesHook``, which saves the draw with the run. See :func:`draw_balanced`.

    Args:
        dataset: The dataset to draw from, or its config. Each sequence needs a ``frame_dir`` that no
            other has, and a ``label``.
        fraction: How much of the dataset to keep, such as 0.01 for 1 %. At least one sequence of each
            class is kept. Give either this or ``per_class``.
        seed: Seed of the draw, not negative. Defaults to 0.
        lazy_init: Whether to load the annotations and draw later. Defaults to False.
        per_class: How many sequences of each class to keep; of a class with fewer, all.

    Raises:
        ValueError: If fraction, number or seed is out of range, or a sequence has no name of its own or
            no label, or several.
    """

    def __init__(self, dataset: BaseDataset | dict, fraction: float | None = None, seed: int = 0,
                 lazy_init: bool = False, per_class: int | None = None) -> None:
        if per_class is not None:
            check_positive(per_class=per_class)
            if fraction is not None:
                raise ValueError(f'LabelFraction got fraction={fraction!r} and per_class={per_class!r}; '
                                 'give one of them, and None for the other.')
        elif not isinstance(fraction, Real) or not 0 < fraction <= 1:
            raise ValueError(f'LabelFraction got fraction={fraction!r}, expected a number above 0 '
                             'and up to 1; for example, 0.01 keeps 1 % of the labels.')
        if not isinstance(seed, Integral) or seed < 0:
            raise ValueError(f'LabelFraction got seed={seed!r}, expected a whole number that is not '
                             'negative; set another one for another draw.')
        self.fraction = None if fraction is None else float(fraction)
        self.per_class, self.seed = per_class, int(seed)
        super().__init__(dataset, lazy_init)

    @property
    @force_full_init
    def frame_dirs(self) -> list[str]:
        """Names of the drawn sequences, in the order of the dataset."""
        return list(self._frame_dirs)

    @property
    @force_full_init
    def num_per_class(self) -> dict[int, int]:
        """Number of drawn sequences by label."""
        return dict(sorted(Counter(self._labels).items()))

    def _prepare(self) -> None:
        store = getattr(self.dataset, 'data_list', None)
        infos = (store.without_keypoint() if isinstance(store, PackedStore) else  # keypoints are large
                 map(self.dataset.get_data_info, range(len(self.dataset))))
        pairs = [_name_and_label(info) for info in infos]
        names, labels = [name for name, _ in pairs], [label for _, label in pairs]
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if repeated:
            raise ValueError(f'LabelFraction: several sequences have the frame_dir {repeated[0]!r}, but '
                             'the names have to say which were drawn. Give each its own in the '
                             'annotation file. A RepeatDataset goes around LabelFraction, not inside.')
        self._indices = draw_balanced(
            names, labels, self.fraction, self.seed, self.per_class).tolist()
        self._frame_dirs = [names[i] for i in self._indices]
        self._labels = [labels[i] for i in self._indices]
        if self.fraction is not None and len(self._indices) > round(self.fraction * len(names)):
            print_log(f'LabelFraction: fraction={self.fraction} of {len(names)} sequences is less '
                      f'than one for each class; {len(self._indices)} are kept, one for each.',
                      'current', logging.WARNING)
        fewest = min(Counter(self._labels).values(), default=0)
        if self.per_class is not None and fewest < self.per_class:
            print_log(f'LabelFraction: per_class={self.per_class}, but one class has only {fewest} '
                      f'sequences: {len(self._indices)} are kept in all.', 'current', logging.WARNING)

    def _inner_index(self, idx: int) -> int:
        return self._indices[idx]

    @force_full_init
    def __len__(self) -> int:
        return len(self._indices)


def _name_and_label(info: dict) -> tuple[str, int]:
    """Return the name and the class of an annotation, or refuse one without."""
    name = f'LabelFraction: sequence {info.get("frame_dir", info.get("sample_idx"))!r}'
    for key in ('frame_dir', 'label'):
        if key not in info:
            raise ValueError(f'{name} has no {key!r} among its keys {list(info)}; add it to the '
                             'annotation file, or leave the sequence out of the split.')
    return info['frame_dir'], check_label(info['label'], name)
