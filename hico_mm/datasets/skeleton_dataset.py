"""MMAction2's PoseDataset with its annotation file checked before training starts."""
import math
import operator

import numpy as np
from mmaction.datasets import PoseDataset
from mmaction.registry import DATASETS

from .annotation_file import read_annotation_file, select_split
from .transforms.checks import check_keypoint


@DATASETS.register_module()
class SkeletonDataset(PoseDataset):
    """``PoseDataset`` that refuses a bad annotation file when it is built, not hours later.

    The file is a pickle of ``dict(split={name: [frame_dir, ...]}, annotations=[...])``, or of the
    bare list of annotations if ``split`` is None. An annotation is a dict of

    - ``frame_dir`` (str): the name of the sequence, unique in the file;
    - ``keypoint`` (np.ndarray): (M, T, V, C), a sequence as long as it is. Its type is kept;
    - ``label`` (int): the class, from 0. Without ``num_classes`` it may be missing, as
      pre-training does not look at it;
    - ``total_frames`` (int): T. Optional here, stock frame samplers need it;

    and any further keys. A pickle can run code while it is read: use only files that you trust.

    Args:
        ann_file (str): Path of the annotation file.
        pipeline (list[dict | callable]): The transforms.
        split (str, optional): The split to take; None takes every annotation.
        num_classes (int, optional): Labels have to be below. Defaults to None (any label).
        num_joints (int, optional): V of every sequence. Defaults to None (any).
        num_coords (int, optional): C of every sequence. Defaults to None (any).
        **kwargs: Arguments of ``PoseDataset``.

    Raises:
        FileNotFoundError: If the file is not there.
        ValueError: If the file, the split or a sequence of the split is not as described.
    """

    def __init__(self,
                 ann_file: str,
                 pipeline: list,
                 split: str | None = None,
                 num_classes: int | None = None,
                 num_joints: int | None = None,
                 num_coords: int | None = None,
                 **kwargs) -> None:
        self.num_joints = num_joints
        self.num_coords = num_coords
        super().__init__(ann_file, pipeline, split, num_classes=num_classes, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Read the annotations of the split and check each."""
        content = read_annotation_file(self.ann_file)
        annotations = select_split(content, self.split, self.ann_file)
        for annotation in annotations:
            self._check(annotation)
        return annotations

    def _check(self, annotation: dict) -> None:
        name = f'{self.ann_file}, sequence {annotation["frame_dir"]!r}'
        required = ['keypoint'] if self.num_classes is None else ['keypoint', 'label']
        for key in required:
            if key not in annotation:
                raise ValueError(f'{name}: there is no {key!r} among its keys {list(annotation)}; '
                                 'add it to the annotation file.')
        self._check_frames(annotation, name)
        if 'label' in annotation:
            self._check_label(annotation, name)

    def _check_frames(self, annotation: dict, name: str) -> None:
        keypoint, total_frames = annotation['keypoint'], annotation.get('total_frames')
        is_sequence = isinstance(keypoint, np.ndarray) and keypoint.ndim == 4 and keypoint.size
        if total_frames is not None and is_sequence:
            is_number = isinstance(total_frames, int | np.integer)
            if not is_number or not 1 <= total_frames <= keypoint.shape[1]:
                raise ValueError(f'{name}: total_frames is {total_frames!r}, but the keypoint has '
                                 f'{keypoint.shape[1]} frames; correct it in the annotation file.')
            keypoint = keypoint[:, :total_frames]
        check_keypoint(keypoint, name, self.num_joints, self.num_coords)

    def _check_label(self, annotation: dict, name: str) -> None:
        label = annotation['label']
        limit = math.inf if self.num_classes is None else self.num_classes
        try:
            labels = [operator.index(x) for x in (label if self.multi_class else [label])]
        except TypeError:
            labels = [-1]
        if not all(0 <= x < limit for x in labels):
            raise ValueError(f'{name}: the label is {label!r}, but a whole number from 0 to below '
                             f'num_classes={self.num_classes} is expected; correct the label, or '
                             'num_classes in the config.')
        # MMAction2 packs int, but no NumPy integer.
        annotation['label'] = labels if self.multi_class else labels[0]
