"""A folder of arrays as sequences: ``CLASS/NAME.npy``, or ``NAME.npy`` without labels."""
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.logging import print_log

from ..annotation_file import check_keypoint
from ..gaps import fill_gaps
from ..label_fraction import draw_balanced
from ..layouts import SkeletonLayout
from ..transforms.map_joints import NUM_CHECKED, MapJoints, find_doubts


def read_array(path: Path) -> np.ndarray:
    """Read a ``.npy`` file of joint coordinates (T, V, C) or (M, T, V, C) as (M, T, V, C)."""
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(f'{path} ({path.stat().st_size} bytes) cannot be read as an array of numbers: '
                         f'{error}. Write one with numpy.save.') from error
    return with_persons(array, str(path))


def with_persons(array: np.ndarray, name: str) -> np.ndarray:
    """Make (M, T, V, C) of (T, V, C) or (M, T, V, C); ``name`` is for the message."""
    if array.ndim not in (3, 4):
        raise ValueError(f'{name} has the shape {array.shape}, expected frames, joints and coordinates '
                         '(T, V, C), or several persons (M, T, V, C). Reshape it.')
    return array if array.ndim == 4 else array[None]


def find_arrays(folder: Path) -> tuple[list[tuple[Path, int | None]], list[str]]:
    """Find the arrays of a folder, each with its label, and the names of the classes by their labels."""
    if not folder.is_dir():
        raise FileNotFoundError(f'{folder} is not a folder. Give one with CLASS/NAME.npy, or with '
                                'NAME.npy for sequences without labels.')
    unlabelled = sorted(folder.glob('[!.]*.npy'))
    files = sorted(folder.glob('[!.]*/[!.]*.npy'))
    if unlabelled and files:
        raise ValueError(f'{folder} has {unlabelled[0].name}, without a class, and '
                         f'{files[0].relative_to(folder)}, with one. Put each into a folder by class.')
    if not unlabelled and not files:
        raise FileNotFoundError(f'There is neither CLASS/NAME.npy nor NAME.npy in {folder}. Write each '
                                'sequence there with numpy.save.')
    classes = sorted({path.parent.name for path in files})
    empty = sorted(path.name for path in folder.glob('[!.]*')
                   if path.is_dir() and path.name not in classes)
    if classes and empty:
        print_log(f'{folder}: the folders {empty} have no .npy files, so they are no classes.',
                  'current', logging.WARNING)
    labelled = [(path, classes.index(path.parent.name)) for path in files]
    return labelled or [(path, None) for path in unlabelled], classes


def read_sequences(folder: Path, layout: SkeletonLayout | None = None,
                   mapping: MapJoints | None = None,
                   longest_gap: int = 0) -> tuple[list[dict], list[str]]:
    """Read the arrays of a folder, fill their gaps, check them and map their joints.

    Returns annotations, named by their path in the folder, and the names of the classes by their labels.
    """
    files, classes = find_arrays(folder)
    num_joints = layout and layout.num_joints
    annotations = []
    for path, label in files:
        keypoint = read_array(path)
        num_joints = num_joints or keypoint.shape[2]
        if keypoint.shape[2:] != (num_joints, 3):
            source = f'as in the layout {layout.name!r}' if layout else 'as in the first file'
            raise ValueError(f'{path} has {keypoint.shape[2]} joints with {keypoint.shape[3]} '
                             f'coordinates, but {num_joints} joints, {source}, with 3 coordinates are '
                             'expected. Name the layout of the arrays, lift two-dimensional ones, and '
                             'leave out confidences: array[..., :3].')
        keypoint = fill_gaps(keypoint, longest_gap, str(path))
        check_keypoint(keypoint, str(path))
        annotation = dict(frame_dir=path.relative_to(folder).with_suffix('').as_posix(),
                          keypoint=keypoint, total_frames=keypoint.shape[1])
        if label is not None:
            annotation.update(label=label, class_name=classes[label])
        annotations.append(annotation)
    if layout is not None:
        recordings = [annotation['keypoint'] for annotation in annotations[:NUM_CHECKED]]
        given = (mapping.axes, mapping.scale) if mapping else ()
        for doubt in find_doubts(recordings, layout, *given):
            print_log(doubt, 'current', logging.WARNING)
    if mapping is not None:
        annotations = [mapping(annotation) for annotation in annotations]
    return annotations, classes


def split_by_class(annotations: Sequence[dict], share: float, seed: int) -> dict[str, list[dict]]:
    """Draw the same share of each class for validation; sequences without labels are one class.

    A class of two sequences or more has at least one in each split; a single sequence is for training.
    """
    if not 0 < share < 1:
        raise ValueError(f'The share for validation is {share}, but above 0 and below 1 is expected.')
    classes = {}
    for annotation in annotations:
        classes.setdefault(annotation.get('label', 0), []).append(annotation)
    # Each class has a seed of its own: with the same one, classes of one size would give the same rows.
    seeds = np.random.SeedSequence(seed).generate_state(len(classes)).tolist()
    drawn, single = set(), []
    for class_seed, (label, members) in zip(seeds, sorted(classes.items()), strict=True):
        size = len(members)
        if size == 1:
            single.append(members[0].get('class_name', f'class {label}'))
            continue
        names = [member['frame_dir'] for member in members]
        fraction = min(share, (size - 1) / size)
        drawn.update(names[i] for i in draw_balanced(names, [label] * size, fraction, class_seed))
    if not drawn:
        raise ValueError(f'None of the {len(classes)} classes has two sequences, one to train and '
                         'one to validate. Add sequences.')
    if single:
        print_log(f'The classes {single} have a single sequence each. It is in the split train, so the '
                  'validation does not measure them.', 'current', logging.WARNING)
    return dict(train=[x for x in annotations if x['frame_dir'] not in drawn],
                val=[x for x in annotations if x['frame_dir'] in drawn])
