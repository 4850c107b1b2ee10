"""A folder of arrays as sequences: ``CLASS/NAME.npy``, or ``NAME.npy`` without labels."""
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.logging import print_log

from ..layouts import SkeletonLayout
from ..plausibility import find_doubts
from ..transforms import MapJoints, check_keypoint
from .npy_array import read_array

LOOKED_AT = 20  # sequences, for what is doubtful


def find_arrays(folder: Path) -> tuple[list[tuple[Path, int | None]], list[str]]:
    """Find the arrays of a folder and their classes.

    Args:
        folder (Path): A folder with a folder of ``.npy`` files for each class; or with the files
            themselves, which then have no label.

    Returns:
        tuple[list[tuple[Path, int | None]], list[str]]: The files, each with its label; and the names of
        the classes by their labels, in alphabetical order.

    Raises:
        FileNotFoundError: If there is no such folder, or no file in it.
        ValueError: If some files have a class and others have none.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f'{folder} is no folder; name one with CLASS/NAME.npy, or with NAME.npy '
                                'for sequences without labels.')
    bare = sorted(folder.glob('[!.]*.npy'))
    files = sorted(folder.glob('[!.]*/[!.]*.npy'))
    if bare and files:
        raise ValueError(f'{folder} has both {bare[0].name}, without a class, and '
                         f'{files[0].relative_to(folder)}, with one. Put each file into the folder of '
                         'its class.')
    if not bare and not files:
        raise FileNotFoundError(f'There is neither CLASS/NAME.npy nor NAME.npy in {folder}; write each '
                                'sequence there by numpy.save.')
    classes = sorted({path.parent.name for path in files})
    empty = sorted(path.name for path in folder.glob('[!.]*')
                   if path.is_dir() and path.name not in classes)
    if classes and empty:
        print_log(f'{folder}: the folders {empty} have no .npy files, so they are no classes.',
                  'current', logging.WARNING)
    labelled = [(path, classes.index(path.parent.name)) for path in files]
    return labelled or [(path, None) for path in bare], classes


def read_sequences(folder: Path, layout: SkeletonLayout | None = None,
                   mapping: MapJoints | None = None) -> tuple[list[dict], list[str]]:
    """Read the arrays of a folder, check them and map their joints.

    Args:
        folder (Path): The folder, see :func:`find_arrays`.
        layout (SkeletonLayout, optional): Layout of the arrays. Defaults to None, for any.
        mapping (MapJoints, optional): Maps them to another layout. Defaults to None.

    Returns:
        tuple[list[dict], list[str]]: Annotations, whose ``frame_dir`` is the path below the folder
        without its ending; and the names of the classes by their labels.

    Raises:
        FileNotFoundError: If there is no such folder, or no file in it.
        ValueError: If an array is unfit, or has not the joints of the layout or of the others.
    """
    files, classes = find_arrays(folder)
    num_joints = layout and layout.num_joints
    annotations = []
    for path, label in files:
        keypoint = read_array(path)
        num_joints = num_joints or keypoint.shape[2]
        _check(keypoint, path, num_joints, layout)
        annotation = dict(frame_dir=path.relative_to(folder).with_suffix('').as_posix(),
                          keypoint=keypoint, total_frames=keypoint.shape[1])
        if label is not None:
            annotation.update(label=label, class_name=classes[label])
        annotations.append(annotation)
    if layout is not None:
        _warn(annotations[:LOOKED_AT], layout, mapping)
    if mapping is not None:
        annotations = [mapping(annotation) for annotation in annotations]
    return annotations, classes


def _check(keypoint: np.ndarray, path: Path, num_joints: int, layout: SkeletonLayout | None) -> None:
    if keypoint.shape[2:] != (num_joints, 3):
        source = f'as the layout {layout.name!r}' if layout else 'as the first file'
        raise ValueError(f'{path} has {keypoint.shape[2]} joints with {keypoint.shape[3]} coordinates, '
                         f'but {num_joints} joints, {source} has, with 3 coordinates are expected. Name '
                         'the layout of the arrays, lift two-dimensional ones, and leave out '
                         'confidences: array[..., :3].')
    check_keypoint(keypoint, str(path))


def _warn(annotations: Sequence[dict], layout: SkeletonLayout, mapping: MapJoints | None) -> None:
    """Warn of what is doubtful in some of the sequences, looked at as one."""
    bodies = np.concatenate([annotation['keypoint'].reshape(1, -1, layout.num_joints, 3)
                             for annotation in annotations], axis=1)
    for doubt in find_doubts(bodies, layout, *((mapping.axes, mapping.scale) if mapping else ())):
        print_log(doubt, 'current', logging.WARNING)


def split_by_class(annotations: Sequence[dict], share: float, seed: int) -> dict[str, list[dict]]:
    """Draw sequences for validation, the same share of each class.

    Args:
        annotations (Sequence[dict]): Annotations; without labels they are one class.
        share (float): Share of a class, rounded to whole sequences, but at least one for validation and
            for training if there are two.
        seed (int): Seed of the draw.

    Returns:
        dict[str, list[dict]]: Annotations of the splits ``train`` and ``val``.

    Raises:
        ValueError: If the share is not above 0 and below 1, or no class has two sequences.
    """
    if not 0 < share < 1:
        raise ValueError(f'The share for validation is {share}, but above 0 and below 1 is expected.')
    generator = np.random.default_rng(seed)
    labels = np.array([annotation.get('label', 0) for annotation in annotations])
    drawn, single = set(), []
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        number = min(max(round(share * len(members)), 1), len(members) - 1)
        drawn.update(members[:number].tolist())
        if not number:
            single.append(annotations[members[0]].get('class_name', f'class {label}'))
    if not drawn:
        raise ValueError(f'None of the {len(np.unique(labels))} classes has two sequences, one to train '
                         'and one to validate; add sequences.')
    if single:
        print_log(f'The classes {single} have a single sequence each. It is in the split train, so the '
                  'validation does not measure them.', 'current', logging.WARNING)
    splits = dict(train=[], val=[])
    for index, annotation in enumerate(annotations):
        splits['val' if index in drawn else 'train'].append(annotation)
    return splits
