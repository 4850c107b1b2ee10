"""A folder of arrays as sequences: ``CLASS/NAME.npy``, or ``NAME.npy`` without labels."""
import itertools
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from mmengine.logging import print_log

from ..annotation_file import MAX_PERSONS, check_keypoint
from ..gaps import fill_gaps
from ..label_fraction import draw_balanced
from ..layouts import LAYOUTS, SkeletonLayout
from ..transforms.map_joints import NUM_CHECKED, MapJoints, check_depth, find_doubts
from .files import walk_files


def read_array(path: Path, order: str | None = None) -> np.ndarray:
    """Read a ``.npy`` file of joint coordinates as (M, T, V, C); see :func:`with_persons`."""
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        if path.name.lower().endswith('.skeleton.npy'):
            raise ValueError(f'{path} holds a pickle by the script of NTU RGB+D, which is not read. '
                             f'Give the file that it was made of, {path.stem}; tools/data/ntu_rgbd.py '
                             'converts a folder of them.') from error
        reason = error
        if 'allow_pickle' in str(error):  # which NumPy advises to set
            reason = 'it holds text or Python objects'
        raise ValueError(f'{path} ({path.stat().st_size} bytes) cannot be read as an array of numbers: '
                         f'{reason}. Write one with numpy.save.') from error
    if not isinstance(array, np.ndarray):
        raise ValueError(f'{path} is an archive of arrays (.npz). Write one array with numpy.save.')
    return with_persons(array, str(path), order)


def with_persons(array: np.ndarray, name: str, order: str | None = None) -> np.ndarray:
    """Make (M, T, V, C) of an array with its axes in an order such as TMVC; by default TVC or MTVC.

    Without an order, shapes that are probably of another one are refused; ``name`` begins the message.
    """
    shape = array.shape
    if order is not None:
        if sorted(order) not in (list('CTV'), list('CMTV')) or len(order) != array.ndim:
            raise ValueError(f'{name} has the shape {shape}, but its order of axes is {order!r}. Name '
                             'each axis once: T frames, V joints, C coordinates, M persons if any.')
        array = array.transpose([order.index(axis) for axis in 'MTVC' if axis in order])
    elif (array.ndim not in (3, 4) or shape[-1] > 4
          or array.ndim == 4 and shape[0] > min(max(shape[1], 2), MAX_PERSONS)):
        raise ValueError(f'{name} has the shape {shape}, expected frames, joints and coordinates '
                         f'(T, V, C), or several persons (M, T, V, C).{_shape_advice(shape)}')
    return array if array.ndim == 4 else array[None]


def order_advice(shape: Sequence[int], num_joints: Iterable[int], axes: str = 'the axes') -> str:
    """Name, at the end of a message, the orders of axes by which an array is a recording, if any."""
    usual, orders = 'MTVC'[-len(shape):], []
    for order in map(''.join, itertools.permutations(usual)):
        sizes = dict(zip(order, shape, strict=True))
        if sizes['C'] == 3 and sizes['V'] in num_joints and sizes.get('M', 1) <= MAX_PERSONS:
            orders += [order] if order != usual else []
    return f' If {axes} are {" or ".join(orders)}, name them as order (--order).' if orders else ''


def _shape_advice(shape: tuple[int, ...]) -> str:
    """Say, at the end of a message, what an array of an unfit shape may be."""
    if not shape:
        return ' It is a single number.'
    *outer, last = shape
    known = {layout.num_joints for layout in LAYOUTS.values()}
    if len(shape) in (3, 4) and (order := order_advice(shape, known)):
        return order
    if len(shape) in (4, 5):
        order = '' if last == 3 and shape[-2] in known else order_advice(shape[1:], known, 'their axes')
        crowd = f' Are they {shape[0]} persons, name MTVC as order (--order).'
        return (' A batch is given as a list of recordings, in files one each.'
                f'{order}{crowd if len(shape) == 4 and last <= 4 else ""}')
    if len(shape) == 2 and last <= 4:
        return ' A single frame is array[None]; frames are put together by numpy.stack.'
    for persons, coords in ((1, 3), (1, 4), (1, 2), (2, 3)):
        joints, rest = divmod(last, persons * coords)
        if joints in known and not rest:
            sizes = (*outer, *[2] * (persons == 2), joints, coords)
            swap = '.swapaxes(0, 1)' * (persons == 2)
            return f' The last axis seems to hold {joints} joints, flat: array.reshape{sizes}{swap}.'
    return ' Reshape it; x, y, z, x, y, z and so on become joints by array.reshape(len(array), -1, 3).'


def find_arrays(folder: Path) -> tuple[list[tuple[Path, int | None]], list[str]]:
    """Find the arrays of a folder, each with its label, and the names of the classes by their labels."""
    if not folder.is_dir():
        raise FileNotFoundError(f'{folder} is not a folder. Give one with CLASS/NAME.npy, or with '
                                'NAME.npy for sequences without labels. If it is an annotation '
                                'file already, name it in a config of your own.')
    unlabelled, files, left = [], [], {}
    for path in walk_files(folder):
        parents = path.relative_to(folder).parts[:-1]
        if not path.exists():
            left.setdefault('links to nothing', []).append(path)
        elif path.suffix.lower() != '.npy':
            left.setdefault('no .npy', []).append(path)
        elif len(parents) > 1 or '__MACOSX' in parents:
            left.setdefault('in other folders than that of a class', []).append(path)
        else:
            (files if parents else unlabelled).append(path)
    left = '; '.join(f'{len(paths)} {why} ({paths[0].relative_to(folder)}{", ..." * (len(paths) > 1)})'
                     for why, paths in left.items())
    if unlabelled and files:
        raise ValueError(f'{folder} has {unlabelled[0].name}, without a class, and '
                         f'{files[0].relative_to(folder)}, with one. Put each into a folder by class.')
    named = {}
    for path in files or unlabelled:
        if (other := named.setdefault(path.with_suffix(''), path)) is not path:
            raise ValueError(f'{other} and {path} would be sequences of the same name. Rename one.')
    if not named:
        raise FileNotFoundError(f'There is neither CLASS/NAME.npy nor NAME.npy in {folder}. Write each '
                                f'sequence there with numpy.save. There are: {left or "no files"}.')
    if left:
        print_log(f'{folder}: left out {left}.', 'current', logging.WARNING)
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
                   longest_gap: int = 0, order: str | None = None) -> tuple[list[dict], list[str]]:
    """Read the arrays of a folder, fill their gaps, check them and map their joints.

    Returns annotations, named by their path in the folder, and the names of the classes by their labels.
    """
    files, classes = find_arrays(folder)
    num_joints = layout and layout.num_joints
    annotations = []
    for path, label in files:
        keypoint = read_array(path, order)
        num_joints = num_joints or keypoint.shape[2]
        if keypoint.size and keypoint.shape[2:] != (num_joints, 3):
            names = [x.name for x in LAYOUTS.values() if num_joints != x.num_joints == keypoint.shape[2]]
            such = f', such as {" or ".join(map(repr, names))} (--from)' if names else ''
            source = f'as in the layout {layout.name!r}' if layout else 'as in the first file'
            raise ValueError(f'{path} has {keypoint.shape[2]} joints with {keypoint.shape[3]} '
                             f'coordinates, but {num_joints} joints, {source}, with 3 coordinates are '
                             f'expected. Name the layout of the arrays{such}, lift two-dimensional '
                             'ones, and leave out confidences: array[..., :3].'
                             f'{order_advice(keypoint.shape[len(keypoint) == 1:], [num_joints])}')
        keypoint = fill_gaps(keypoint, longest_gap, str(path))
        check_keypoint(keypoint, str(path))
        check_depth(keypoint, str(path))
        annotation = dict(frame_dir=path.relative_to(folder).with_suffix('').as_posix(),
                          keypoint=keypoint, total_frames=keypoint.shape[1])
        if label is not None:
            annotation.update(label=label, class_name=classes[label])
        annotations.append(annotation)
    if layout is not None:
        first = annotations[:NUM_CHECKED]
        given = dict(axes=mapping.axes, scale=mapping.scale) if mapping else {}
        for doubt in find_doubts([x['keypoint'] for x in first], layout, **given,
                                 names=[x['frame_dir'] for x in first]):
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
