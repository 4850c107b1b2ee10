"""MMAction2's PoseDataset with its annotation file checked before training starts."""
from mmaction.datasets import PoseDataset
from mmaction.registry import DATASETS

from .annotation_check import check_frames, check_label
from .annotation_file import read_annotation_file, select_split


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
        check_frames(annotation, name, self.num_joints, self.num_coords)
        if 'label' in annotation:
            annotation['label'] = check_label(annotation['label'], name, self.num_classes,
                                              self.multi_class)
