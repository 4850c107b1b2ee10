"""Data sets of skeleton sequences, checked before training starts: in memory, or on disk."""
import logging
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mmaction.datasets import BaseActionDataset, PoseDataset
from mmaction.registry import DATASETS
from mmengine.dataset import BaseDataset, force_full_init
from mmengine.logging import print_log

from hico_mm.utils.errors import check_positive

from .annotation_file import (
    MAX_PERSONS,
    check_annotation,
    read_annotation_file,
    select_split,
    sequence_name,
)
from .packed_store import UNLABELLED, PackedStore


class ClassBalancing:
    """What MMEngine's ``ClassBalancedDataset`` needs of a data set."""

    @force_full_init
    def get_cat_ids(self, idx: int) -> list[int]:
        """Return the classes of a sequence; a ``ValueError`` names one without label."""
        annotation = self._without_keypoint(idx)
        if 'label' not in annotation:
            raise ValueError(f'{sequence_name(annotation)} has no label, by which classes are balanced. '
                             'Add it to the annotation file, or leave out ClassBalancedDataset.')
        return list(annotation['label']) if self.multi_class else [annotation['label']]

    def _without_keypoint(self, idx: int) -> dict:
        """The annotation, before its label becomes a tensor; the keypoint may be missing."""
        return BaseDataset.get_data_info(self, idx)


@DATASETS.register_module()
class SkeletonDataset(ClassBalancing, PoseDataset):
    """``PoseDataset`` that refuses a bad annotation file when it is built, not hours later.

    The file is a pickle of ``dict(split={name: [frame_dir, ...]}, annotations=[...])``, or of the
    bare list of annotations if ``split`` is None. An annotation is a dict of

    - ``frame_dir`` (str): the name of the sequence, unique in the file;
    - ``keypoint`` (np.ndarray): (M, T, V, C), with as many frames as the sequence has, of any type;
    - ``label`` (int): the class, from 0. It may be missing where ``num_classes`` is not given,
      since pre-training needs no label;
    - ``total_frames`` (int): T. Optional here; MMAction2's frame samplers need it;

    and any further keys, of which ``TRANSFORM_KEYS`` are left out with a warning, such as the
    ``keypoint_score`` of 3-D joints.

    Args:
        ann_file: Path of the annotation file.
        pipeline: The transforms.
        split: The split to take; None takes every annotation.
        num_classes: Labels have to be there and below. Defaults to None (any label, or none).
        num_joints: V of every sequence. Defaults to None (any).
        num_coords: C of every sequence. Defaults to None (any).
        window: Cut every sequence of T frames into stretches of about that many: T / window, rounded and
            at least 1, of equal length (give or take a frame), each a sample named after its sequence
            and first frame. Stretches without any joint are left out. Defaults to None (whole).
        **kwargs: Arguments of ``PoseDataset``, such as ``indices`` of the samples to take.

    Raises:
        FileNotFoundError: If the file is not there.
        ValueError: If the file, the split or a sequence of the split is not as described, ``window`` is
            below 1, or ``indices`` go beyond the samples.
    """

    def __init__(self, ann_file: str, pipeline: list, split: str | None = None,
                 num_classes: int | None = None, num_joints: int | None = None,
                 num_coords: int | None = None, window: int | None = None, **kwargs) -> None:
        if window is not None:
            check_positive(window=window)
        self.num_joints, self.num_coords, self.window = num_joints, num_coords, window
        super().__init__(ann_file, pipeline, split, num_classes=num_classes, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Read the annotations of the split and check each."""
        annotations = select_split(read_annotation_file(self.ann_file), self.split, self.ann_file)
        for annotation in annotations:
            name = f'{self.ann_file}, {sequence_name(annotation)}'
            check_annotation(annotation, name, self.num_joints, self.num_coords, self.num_classes,
                             self.multi_class)
        if (most := max(len(annotation['keypoint']) for annotation in annotations)) > MAX_PERSONS:
            print_log(f'{self.ann_file}: a sequence has {most} persons (M, T, V, C); if they are a '
                      'batch, make each an annotation of its own.', 'current', logging.WARNING)
        if self.window is not None:
            annotations = [part for annotation in annotations for part in _cut(annotation, self.window)]
        indices, number = self._indices, len(annotations)
        if isinstance(indices, Sequence) and (
                outside := [index for index in indices if not -number <= index < number]):
            raise ValueError(f'{self.ann_file}, split {self.split!r}: the indices have {outside[0]}, '
                             f'but there are {number} samples, which count from 0. Correct the indices, '
                             'or leave them out to take all samples.')
        return annotations


def _cut(annotation: dict, window: int) -> Iterator[dict]:
    """Cut a sequence into windows of about that many frames."""
    num_frames = annotation.get('total_frames', annotation['keypoint'].shape[1])
    number = max(1, round(num_frames / window))
    bounds = [num_frames * i // number for i in range(number + 1)]
    for start, stop in pairwise(bounds):
        frames = {key: annotation[key][:, start:stop] for key in ('keypoint', 'keypoint_score')
                  if key in annotation}
        if frames['keypoint'].any():
            yield {**annotation, **frames, 'total_frames': stop - start,
                   'frame_dir': f"{annotation['frame_dir']}:{start}"}


@DATASETS.register_module()
class PackedSkeletonDataset(ClassBalancing, BaseActionDataset):
    """Takes the place of ``SkeletonDataset`` where annotations are more than memory should hold.

    The samples are the same to the last bit, but each is read from disk when it is asked for: the
    time to start and the memory of a worker do not grow with the set. The sequences were checked when
    the store was written. Like an annotation file, a store can run code: use only stores that you trust.

    Args:
        path: Folder of the store, which ``tools/data/packed_store.py`` makes from an annotation file.
        pipeline: The transforms.
        split: The split to take; None takes every sequence.
        num_classes: Labels have to be below. Defaults to None (any label, or none).
        num_joints: V of the store. Defaults to None (any).
        num_coords: C of the store. Defaults to None (any).
        **kwargs: Arguments of ``BaseActionDataset``.

    Raises:
        FileNotFoundError: If the store is not there.
        ValueError: If it is no store or incomplete, has no such split, or sequences of another kind.
    """

    def __init__(self, path: str, pipeline: list, split: str | None = None,
                 num_classes: int | None = None, num_joints: int | None = None,
                 num_coords: int | None = None, **kwargs) -> None:
        self.split, self.num_joints, self.num_coords = split, num_joints, num_coords
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
        lowest, highest = store.label_range
        if self.num_classes is not None and (lowest == UNLABELLED or highest >= self.num_classes):
            got = 'a sequence without label' if lowest == UNLABELLED else f'labels up to {highest}'
            raise ValueError(f'{store.path}, split {self.split!r}, has {got}, but labels from 0 to '
                             f'below num_classes={self.num_classes} are expected; correct num_classes '
                             'in the config, or make the store again from corrected labels.')
        return store

    def _without_keypoint(self, idx: int) -> dict:
        return self.data_list.header(idx)

    def _get_unserialized_subset(self, indices: int | Sequence[int]) -> PackedStore:
        # For ``indices`` and ``get_subset``: a number means the first ones, or the last if negative.
        if isinstance(indices, int):
            return self.data_list.subset(slice(indices) if indices >= 0 else slice(indices, None))
        return self.data_list.subset(list(indices))
