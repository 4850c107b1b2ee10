"""Skeleton sequences out of a packed store, for sets larger than memory."""
from collections.abc import Sequence

from mmaction.datasets import BaseActionDataset
from mmaction.registry import DATASETS

from .packed_store import UNLABELLED, PackedStore


@DATASETS.register_module()
class PackedSkeletonDataset(BaseActionDataset):
    """Takes the place of ``SkeletonDataset`` where annotations are more than memory should hold.

    The samples are the same to the last bit, but each is read from disk when it is asked for: the
    time to start and the memory of a worker do not grow with the set. A sample owns its
    ``keypoint``, which a transform may change. The sequences were checked when the store was written.

    Args:
        path (str): Folder of the store, which ``tools/data/packed_store.py`` makes from an
            annotation file.
        pipeline (list[dict | callable]): The transforms.
        split (str, optional): The split to take; None takes every sequence.
        num_classes (int, optional): Labels have to be below. Defaults to None (any label, or none).
        num_joints (int, optional): V of the store. Defaults to None (any).
        num_coords (int, optional): C of the store. Defaults to None (any).
        **kwargs: Arguments of ``BaseActionDataset``.

    Raises:
        FileNotFoundError: If the store is not there.
        ValueError: If it is no store or incomplete, has no such split, or sequences of another kind.
    """

    def __init__(self,
                 path: str,
                 pipeline: list,
                 split: str | None = None,
                 num_classes: int | None = None,
                 num_joints: int | None = None,
                 num_coords: int | None = None,
                 **kwargs) -> None:
        self.split = split
        self.num_joints = num_joints
        self.num_coords = num_coords
        # Serialising would read every sequence.
        super().__init__(path, pipeline, num_classes=num_classes, modality='Pose',
                         serialize_data=False, **kwargs)

    def load_data_list(self) -> PackedStore:
        """Open the store and compare it with the config."""
        store = PackedStore(self.ann_file, self.split)
        for what, expected in (('num_joints', self.num_joints), ('num_coords', self.num_coords)):
            actual = getattr(store, what)
            if expected not in (None, actual):
                raise ValueError(f'{store.path} has {what}={actual}, but {expected} is configured; '
                                 'change the layout in the config, or name another store.')
        if self.num_classes is not None:
            self._check_labels(store)
        return store

    def _check_labels(self, store: PackedStore) -> None:
        lowest, highest = store.label_range
        if lowest == UNLABELLED or highest >= self.num_classes:
            got = 'a sequence without label' if lowest == UNLABELLED else f'labels up to {highest}'
            raise ValueError(f'{store.path}, split {self.split!r}, has {got}, but labels from 0 to '
                             f'below num_classes={self.num_classes} are expected; correct num_classes '
                             'in the config, or make the store again from corrected labels.')

    def _get_unserialized_subset(self, indices: int | Sequence[int]) -> PackedStore:
        # For ``indices`` and ``get_subset``: a number means the first ones, or the last if negative.
        if isinstance(indices, int):
            return self.data_list.subset(slice(indices) if indices >= 0 else slice(indices, None))
        return self.data_list.subset(list(indices))
