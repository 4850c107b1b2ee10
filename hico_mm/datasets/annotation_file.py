"""Annotation files: MMAction2's pickles of skeleton sequences, read, checked, split and written."""
import logging
import math
import operator
import os.path as osp
import pickle
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import mmengine
import numpy as np
from mmengine.logging import print_log

from hico_mm.utils import atomic_write, iter_dicts
from hico_mm.utils.safe_pickle import read_pickle

from .gaps import fill_gaps
from .layouts import layout_advice

MAX_PERSONS = 6  # more of them are probably another axis
DOWNLOAD_URL = 'https://download.openmmlab.com/mmaction/v1.0/skeleton/data/'
DOWNLOAD_NAMES = ('ntu60_3d.pkl', 'ntu120_3d.pkl')
# What transforms of MMAction2 set for later ones, which would take it from an annotation as well.
TRANSFORM_KEYS = frozenset((
    'anno_inds', 'clip_len', 'frame_inds', 'frame_interval', 'gt_bboxes', 'heatmap_imgs', 'imgs',
    'keypoint_score', 'num_clips', 'offset', 'proposals'))
FORMAT = ('dict(split={name: [frame_dir, ...]}, annotations=[dict(frame_dir, label, total_frames, '
          'keypoint (M, T, V, C)), ...])')


def missing_file_message(path: str) -> str:
    """Say which annotation file was looked for, and where to get one."""
    looked_for = f'Annotation file not found: {osp.abspath(path)}.'
    name = osp.basename(path)
    if name in DOWNLOAD_NAMES:
        return (f"{looked_for} MMAction2 offers it for download: save {DOWNLOAD_URL}{name} under "
                'that path, or add --cfg-options ann_file=PATH, where you keep it.')
    return (f'{looked_for} Correct the path, or add --cfg-options ann_file=PATH, to a pickle '
            f"of {FORMAT}; the section 'Formats' of tools/data/README.md shows how to write one.")


def check_annotation_files(*dataloaders: dict | None) -> None:
    """Refuse configs that name, anywhere inside, a file that does not exist, or join other classes."""
    paths = set()
    for node in iter_dicts(dataloaders):
        if 'ConcatDataset' in str(node.get('type')) and 'classes' not in (node.get('ignore_keys') or ()):
            classes = [next((x['metainfo'].get('classes') for x in iter_dicts(part)
                             if x.get('metainfo')), None) for part in node['datasets']]
            if other := [x for x in classes if x != classes[0]]:
                raise ValueError(f'ConcatDataset joins data sets of the classes {classes[0]} and '
                                 f'{other[0]} (metainfo), so a label means something else in each. '
                                 "Give them common classes, or set its ignore_keys=['classes'] where "
                                 'labels do not count, as in pre-training.')
        path = node.get('ann_file')
        if path and '://' not in path:
            paths.add(osp.join(node.get('data_root') or '', path))
    missing = sorted(path for path in paths if not osp.isfile(path))
    if missing and len(paths) > 1:
        raise FileNotFoundError(
            f'Annotation file not found: {", ".join(map(osp.abspath, missing))}. Put them there, or '
            'name others in a config of your own; tools/data/README.md says where they come from, and '
            "its section 'Formats' how to write them.")
    if missing:
        raise FileNotFoundError(missing_file_message(*missing))


def read_annotation_file(path: str) -> Any:
    """Unpickle an annotation file; one that wants to run code is refused."""
    if not mmengine.isfile(path):
        raise FileNotFoundError(missing_file_message(path))
    return read_pickle(path, 'Download or write it again.')


def select_split(content: Any, split: str | None, path: str) -> list[dict]:
    """Take the annotations of one split, in the order of the file.

    Without a split every annotation is taken; then the content may be the bare list of them. Names
    without an annotation are left out with a warning, because official split lists also name the
    recordings whose skeleton is missing. Names are unique: other sequences of the same name are refused.
    """
    if split is None and isinstance(content, list):
        annotations = content
    elif (isinstance(content, dict) and isinstance(content.get('split'), dict)
          and isinstance(content.get('annotations'), list)):
        annotations = content['annotations']
    else:
        raise ValueError(f'{path} holds {_kind(content)}, expected {FORMAT}; only with split=None may '
                         'it be the bare list of annotations.')
    for i, annotation in enumerate(annotations):
        name = annotation.get('frame_dir') if isinstance(annotation, dict) else None
        if not isinstance(name, str):
            raise ValueError(f'{path}: annotation {i} is {_kind(annotation)}, its frame_dir {name!r}, '
                             'but a dict is expected whose frame_dir is a string, the name of the '
                             'sequence.')
    if not annotations:
        raise ValueError(f'{path} has no annotations.')
    annotations = _unique(path, ((f'annotation {i}', x) for i, x in enumerate(annotations)))
    if split is None:
        return annotations

    if split not in content['split']:
        raise ValueError(f'{path} has no split {split!r}; it has {sorted(content["split"])}.')
    names = content['split'][split]
    if not isinstance(names, (list, tuple, set, np.ndarray)) or len(names) == 0:
        raise ValueError(f'{path}: split {split!r} is {names!r}, expected a list of at least one '
                         'frame_dir.')
    wanted = set(names)
    selected = [x for x in annotations if x['frame_dir'] in wanted]
    absent = sorted(wanted - {x['frame_dir'] for x in selected}, key=str)
    if not selected:
        raise ValueError(f'{path}: no sequence that split {split!r} names has an annotation. For '
                         f'example, it names {absent[0]!r}, while the first annotation is of '
                         f'{annotations[0]["frame_dir"]!r}; both have to be the frame_dir.')
    if len(names) > len(wanted):
        (name, count), = Counter(names).most_common(1)
        print_log(f'{path}: split {split!r} names {name!r} {count} times, but every sequence is taken '
                  'once. RepeatDataset or ClassBalancedDataset takes it more often.', 'current',
                  logging.WARNING)
    if absent:
        print_log(f'{path}: {len(absent)} of the {len(wanted)} sequences in split {split!r} have '
                  f'no annotation and are left out: {absent[:3]}...', 'current', logging.WARNING)
    return selected


def _unique(path: str, placed: Iterable[tuple[str, dict]]) -> list[dict]:
    """Take every sequence once, given with its place; refuse two that differ under the same name."""
    first = {}
    for place, annotation in placed:
        name = annotation['frame_dir']
        earlier, same = first.setdefault(name, (place, annotation))
        if same is not annotation and not _equal(same, annotation):
            raise ValueError(f'{path}: {earlier} and {place} have different sequences of the same '
                             f'frame_dir {name!r}, which splits could not tell apart. Give every '
                             'sequence a name of its own.')
    return [annotation for _, annotation in first.values()]


def _equal(one: Any, other: Any) -> bool:
    """Whether values, which may hold arrays and NaN at any depth, are the same."""
    one, other = (x.tolist() if isinstance(x, np.ndarray) and x.dtype.hasobject else x
                  for x in (one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    try:
        return np.array_equal(one, other, equal_nan=True)
    except TypeError:  # of a type without NaN
        return np.array_equal(one, other)


def _kind(value: Any) -> str:
    return f'a dict with keys {list(value)}' if isinstance(value, dict) else f'a {type(value).__name__}'


def write_annotation_file(path: str, splits: dict[str, Sequence[dict]], dtype: str = 'float16') -> None:
    """Write sequences as an annotation file, whole or not at all.

    Args:
        path: Path of the file; its folder is made.
        splits: Annotations by split. A sequence may be in several.
        dtype: Type of the stored coordinates. Defaults to 'float16', as in MMAction2's NTU files.

    Raises:
        ValueError: If different sequences have the same name, or one could not be loaded again.
    """
    names = {name: [x['frame_dir'] for x in split] for name, split in splits.items()}
    stored = []
    for annotation in _unique(path, ((f'split {name!r}', x) for name in splits for x in splits[name])):
        annotation = {**annotation, 'keypoint': np.asanyarray(annotation['keypoint'])}
        # Pipelines compute in float32.
        check_annotation(annotation, f'{path}, {sequence_name(annotation)}',
                         dtype=min(dtype, 'float32', key=lambda x: np.finfo(x).max))
        stored.append({**annotation, 'keypoint': annotation['keypoint'].astype(dtype)})
    for split, members in names.items():
        if len(set(members)) < len(members):
            (name, _), = Counter(members).most_common(1)
            raise ValueError(f'{path}: split {split!r} has {name!r} more than once, but every sequence '
                             'is taken once. Write it once; RepeatDataset or ClassBalancedDataset takes '
                             'it more often.')
    with atomic_write(path) as file:
        pickle.dump(dict(split=names, annotations=stored), file, protocol=pickle.HIGHEST_PROTOCOL)


def sequence_name(results: dict) -> str:
    """Name a sequence for a message, by its ``frame_dir`` where it has one."""
    if 'frame_dir' not in results:
        return 'a sequence without frame_dir'
    return f'sequence {results["frame_dir"]!r}'


def check_annotation(annotation: dict, name: str, num_joints: int | None = None,
                     num_coords: int | None = None, num_classes: int | None = None,
                     multi_class: bool = False, longest_gap: int = 0,
                     dtype: str = 'float32') -> None:
    """Check an annotation, and make NumPy's integers in its label, which MMAction2 does not pack, int.

    A ``ValueError`` begins with the name. With ``num_classes`` a label has to be there, and below.
    Frames after ``total_frames`` are not checked. Gaps are filled, see :func:`fill_gaps`.
    ``TRANSFORM_KEYS`` are taken out, with a warning.
    """
    for key in ['keypoint'] if num_classes is None else ['keypoint', 'label']:
        if key not in annotation:
            raise ValueError(f'{name}: there is no {key!r} among its keys {list(annotation)}; '
                             'add it to the annotation file.')
    keypoint, total_frames = annotation['keypoint'], annotation.get('total_frames')
    is_sequence = isinstance(keypoint, np.ndarray) and keypoint.ndim == 4 and keypoint.size
    if total_frames is not None and is_sequence:
        is_number = isinstance(total_frames, int | np.integer)
        if not is_number or not 1 <= total_frames <= keypoint.shape[1]:
            raise ValueError(f'{name}: total_frames is {total_frames!r}, but the keypoint has '
                             f'{keypoint.shape[1]} frames; correct it in the annotation file.')
        keypoint = keypoint[:, :total_frames]
    if longest_gap and is_sequence:
        keypoint = annotation['keypoint'] = fill_gaps(keypoint, longest_gap, name)
    check_keypoint(keypoint, name, num_joints, num_coords, dtype)
    num_persons, num_frames = annotation['keypoint'].shape[:2]
    if num_persons > max(num_frames, MAX_PERSONS):
        raise ValueError(f'{name}: the keypoint of shape {annotation["keypoint"].shape} has '
                         f'{num_persons} persons in {num_frames} frames; (T, M, V, C) becomes '
                         '(M, T, V, C) by keypoint.swapaxes(0, 1).')
    if 'label' in annotation:
        annotation['label'] = check_label(annotation['label'], name, num_classes, multi_class)
    unwanted = TRANSFORM_KEYS.intersection(annotation)
    if keypoint.shape[3] == 2:
        unwanted -= {'keypoint_score'}  # a usual third channel
    for key in unwanted:
        del annotation[key]
    if unwanted:
        _warn_of_keys(', '.join(sorted(unwanted)))


@cache  # said once, not for every sequence
def _warn_of_keys(keys: str) -> None:
    print_log(f'Annotations have {keys}. They are left out, since MMAction2\'s transforms, which set '
              'such keys for one another, would make something else of the keypoint. What belongs to '
              'it has to be in it.', 'current', logging.WARNING)


def check_label(label: Any, name: str, num_classes: int | None = None,
                multi_class: bool = False) -> int | list[int]:
    """Check a label, or a sequence of them, and return it without NumPy's integers."""
    limit = math.inf if num_classes is None else num_classes
    try:
        labels = [operator.index(x) for x in (label if multi_class else [label])]
    except TypeError:
        labels = [-1]
    if not all(0 <= x < limit for x in labels):
        expected = 'a list of whole numbers' if multi_class else 'a whole number'
        below = '' if num_classes is None else f' to below num_classes={num_classes} of the config'
        raise ValueError(f'{name}: the label is {label!r}, but {expected} from 0{below} is expected; '
                         'correct it in the annotation file.')
    return labels if multi_class else labels[0]


def check_keypoint(keypoint: np.ndarray, name: str, num_joints: int | None = None,
                   num_coords: int | None = None, dtype: str = 'float32') -> None:
    """Check that a skeleton sequence (M, T, V, C) can be trained on, or raise a ``ValueError``.

    Its coordinates have to be finite as ``dtype``, which pipelines compute in or a file stores.
    """
    refuse_mask(keypoint, name)
    if not isinstance(keypoint, np.ndarray) or keypoint.dtype.kind not in 'fiu':
        kind = getattr(keypoint, 'dtype', type(keypoint).__name__)
        raise ValueError(f'{name}: the keypoint is of type {kind}, but a NumPy array of real '
                         'numbers is expected; convert it, such as by keypoint.astype(numpy.float32).')
    shape = keypoint.shape
    if len(shape) != 4:
        raise ValueError(f'{name}: the keypoint has the shape {shape}, but (persons M, frames T, joints '
                         'V, coordinates C) is expected; add or remove axes.')
    if num_joints is not None and shape[2] != num_joints:
        raise ValueError(f'{name}: the keypoint of shape {shape} has {shape[2]} joints, but '
                         f'{num_joints} are configured; correct layout and num_joints in the config, or '
                         f'map the joints. {layout_advice(shape[2])}')
    if num_coords is not None and shape[3] != num_coords:
        raise ValueError(f'{name}: the keypoint of shape {shape} has {shape[3]} coordinates per '
                         f'joint, but {num_coords} are expected. {coords_advice(shape[3], num_coords)}')
    if 0 in shape:
        raise ValueError(f'{name}: the keypoint of shape {shape} is empty, but at least one person, '
                         'frame, joint and coordinate are expected; leave the sequence out.')
    with np.errstate(over='ignore'):
        used = keypoint.astype(dtype, copy=False)
    finite = np.isfinite(used)
    if not finite.all():
        person, frame, joint, _ = np.argwhere(~finite)[0]
        value = keypoint[~finite][0]
        advice = '' if dtype == 'float32' else "give dtype='float32', "
        raise ValueError(f'{name}: the keypoint has NaN or infinite values, such as in frame {frame}, '
                         f'joint {joint} of person {person} (from 0), {value} as {dtype}, but finite '
                         f'coordinates are expected; {advice}repair them, set missing joints to zero, '
                         'or let short gaps of recordings be filled (--fill-gaps).')
    if not used.any():
        raise ValueError(f'{name}: every frame of the keypoint is zero, but a skeleton is expected '
                         'in at least one; leave the sequence out.')


def refuse_mask(array: np.ndarray, name: str) -> None:
    """Refuse a masked array, whose mask NumPy would drop silently."""
    if isinstance(array, np.ma.MaskedArray):
        raise ValueError(f'{name} is a masked array, but a plain one is expected; what is masked '
                         'becomes a gap by array.filled(numpy.nan), or missing by array.filled(0).')


def coords_advice(num_coords: int, expected: int) -> str:
    """Say, at the end of a message, what to do about joints of another number of coordinates."""
    if num_coords < expected:
        return f'A {expected}-D pose is needed, such as one lifted from the {num_coords}-D pose.'
    return f'Leave out what is none, such as a confidence: keypoint[..., :{expected}].'
