"""Joint maps: skeletons of one layout as those of another, and signs that data are of another layout.

A joint that both layouts have is taken as it is. For any other, ``STAND_INS`` lists what may stand
for it. So one table serves every pair of layouts, and a new layout only has to name its joints.
"""
from collections.abc import Iterator, Sequence

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from ..annotation_file import check_keypoint, sequence_name
from ..layouts import DIRECTIONS, LAYOUTS, SkeletonLayout, directions, get_layout
from .normalize import as_float32
from .spatial import transform_joints

# Joint -> the alternatives, best first; the joint is the mean of the first whose joints the source has.
# Left is listed, right follows.
STAND_INS = dict(
    pelvis=[('left_hip', 'right_hip')],
    thorax=[('left_shoulder', 'right_shoulder')],
    spine=[('pelvis', 'thorax'), ('left_hip', 'right_hip', 'left_shoulder', 'right_shoulder')],
    # Of Kinect v1 and SMPL: close above the hips. Of SMPL: below the shoulders.
    lower_spine=[('pelvis', 'spine'), ('left_hip', 'right_hip')],
    upper_spine=[('spine', 'thorax'), ('lower_spine', 'thorax'), ('left_shoulder', 'right_shoulder')],
    neck=[('thorax', 'head'), ('left_shoulder', 'right_shoulder', 'left_ear', 'right_ear')],
    head=[('left_ear', 'right_ear')],
    nose=[('head', )],
    left_eye=[('head', )],
    left_inner_eye=[('left_eye', ), ('head', )],
    left_outer_eye=[('left_eye', ), ('head', )],
    left_ear=[('head', )],
    left_mouth=[('nose', ), ('head', )],
    left_collar=[('thorax', 'left_shoulder'), ('left_shoulder', )],
    # MediaPipe has the knuckles; the Kinects the middle of the hand, and v2 its tip.
    left_hand=[('left_wrist', 'left_pinky', 'left_index'), ('left_wrist', )],
    left_tip=[('left_pinky', 'left_index'), ('left_hand', ), ('left_wrist', )],
    left_thumb=[('left_hand', ), ('left_wrist', )],
    left_pinky=[('left_tip', ), ('left_hand', ), ('left_wrist', )],
    left_index=[('left_tip', ), ('left_hand', ), ('left_wrist', )],
    left_foot=[('left_ankle', )],
    left_heel=[('left_ankle', )],
)
STAND_INS |= {
    joint.replace('left_', 'right_'): [tuple(name.replace('left_', 'right_') for name in names)
                                       for names in alternatives]
    for joint, alternatives in STAND_INS.items() if joint.startswith('left_')}

DISTANCE = 3.  # metres from the camera, where a person may stand
# What coordinates may be relative to: the pelvis by most pose lifters, the others by normalisation.
ORIGINS = ('pelvis', 'lower_spine', 'spine', 'thorax')

# Signs of another unit, of exchanged sides, or of another order of the joints.
NUM_CHECKED = 20  # recordings in which they are looked for
HEIGHT = (0.5, 3.)  # metres; a crouching child, an upright person with raised arms
MIRRORED = -0.05
FLAT = 0.02  # least extent of a body over its largest, in all frames; in the sequences below from 0.07
PIXELS = 10.  # a body of this size in metres is none
IN_IMAGE = 0.8  # share of the joints; in the sequences below up to 0.76, in pools of five to 0.64
CONFIDENT = 0.5  # a third number from 0 to 1 that reaches it; in these sequences such a depth is to 0.44
# Of 12,000 real sequences of eight sets, medians of five reach 1.51 and single ones 2.5, of other Kinect
# sets 3.5. In h36m's order taken for coco's, medians of five are 1.56 to 3.
POOL, ASYMMETRIC, ASYMMETRIC_ALONE = 5, 1.6, 4.
HEAD = 0.7  # distance from the hips to the head over that to the shoulders; in these sequences from 0.98
LIMBS = (('shoulder', 'elbow'), ('elbow', 'wrist'), ('hip', 'knee'), ('knee', 'ankle'))
TRUNK = ('left_hip', 'right_hip', 'left_shoulder', 'right_shoulder')
# (joints, joints behind them): toes before ankles, nose before ears, bent elbows behind wrists and
# shoulders. The first that a layout has is the one that tells most.
FRONTS = [
    (('left_foot', 'right_foot'), ('left_ankle', 'right_ankle')),
    (('nose', ), ('left_ear', 'right_ear')),
    (('left_wrist', 'right_wrist', 'left_shoulder', 'right_shoulder'), ('left_elbow', 'right_elbow')),
]


@TRANSFORMS.register_module()
class MapJoints(BaseTransform):
    """Turn skeletons of one layout into those of another, before ``NormalizeSkeleton``.

    A joint of the target is a joint of the source or the mean of several (``STAND_INS``); the axes
    become those of the target. Left stays left: joints keep their side, and a left-handed system of
    axes is reflected to a right-handed one. A person with a joint of the trunk at the origin is moved
    away from it (:func:`leave_origin`).

    Required keys: keypoint, frame_dir (optional). Modified keys: keypoint.

    Args:
        source: Layout of the data, a name of :mod:`hico_mm.datasets.layouts`.
        target: Layout to turn them into.
        axes: Where the data's x, y and z point, as the camera sees it: 'left' or 'right', 'up' or
            'down', 'away' or 'toward', in any order. Defaults to the usual ones of the source.
        scale: Factor from the data's unit to metres, 0.001 for millimetres. Defaults to 1.
        target_axes: Where x, y and z of the result are to point. Defaults to the usual ones of the
            target.
        target_scale: Factor from the result's unit to metres. Defaults to 1.

    Raises:
        KeyError: If there is no such layout.
        ValueError: If the axes are no system of axes, or a scale is not positive.
    """

    def __init__(self, source: str, target: str, axes: Sequence[str] | None = None,
                 scale: float = 1., target_axes: Sequence[str] | None = None,
                 target_scale: float = 1.) -> None:
        self.source, self.target = get_layout(source), get_layout(target)
        self.axes = self.source.axes if axes is None else tuple(axes)
        for name, factor in dict(scale=scale, target_scale=target_scale).items():
            if not factor > 0:
                raise ValueError(f'{name} of MapJoints is {factor}, but a positive factor from its unit '
                                 'to metres is expected, such as 0.001 for millimetres.')
        self.joints = joint_sources(self.source, self.target)
        self.target_axes = self.target.axes if target_axes is None else tuple(target_axes)
        self.scale, self.target_scale = scale, target_scale
        self.matrix = axes_matrix(self.axes, self.target_axes) * np.float32(scale / target_scale)
        self.offset = directions(self.axes) @ DIRECTIONS['away'] * np.float32(DISTANCE / scale)

    def transform(self, results: dict) -> dict:
        """Map one sequence (M, T, V, 3), to float32; a ``ValueError`` names one that is unfit."""
        check_keypoint(results['keypoint'], f'{sequence_name(results)}, layout {self.source.name!r}',
                       num_joints=self.source.num_joints, num_coords=3)
        keypoint = leave_origin(results['keypoint'], self.source, self.offset)
        keypoint = average_joints(keypoint, self.joints)  # (M, T, V', 3)
        results['keypoint'] = transform_joints(keypoint, self.matrix)
        return results

    def __repr__(self) -> str:
        return (f'{self.__class__.__name__}(source={self.source.name!r}, target={self.target.name!r}, '
                f'axes={self.axes}, scale={self.scale}, target_axes={self.target_axes}, '
                f'target_scale={self.target_scale})')


def joint_sources(source: SkeletonLayout, target: SkeletonLayout) -> tuple[tuple[int, ...], ...]:
    """Find, for each joint of the target, the joints of the source whose mean it is."""
    sources = []
    for joint in target.joints:
        alternatives = [(joint, ), *STAND_INS.get(joint, ())]
        known = [names for names in alternatives if set(names) <= set(source.joints)]
        if not known:
            raise ValueError(f'The layout {target.name!r} has the joint {joint!r}, but {source.name!r} '
                             f'has none of {alternatives}, which may stand for it. Add what does to '
                             'STAND_INS of hico_mm/datasets/transforms/map_joints.py.')
        sources.append(tuple(source.joints.index(name) for name in known[0]))
    return tuple(sources)


def axes_matrix(source: Sequence[str], target: Sequence[str]) -> np.ndarray:
    """Matrix (3, 3) that turns coordinates, from the right, from one system of axes into another.

    Between a right-handed and a left-handed system it reflects, so that left stays left.
    """
    # The rows are perpendicular unit vectors, so the transpose is the inverse.
    return (directions(source) @ directions(target).T).astype(np.float32)


def leave_origin(keypoint: np.ndarray, layout: SkeletonLayout, offset: np.ndarray) -> np.ndarray:
    """Move persons of whom one joint is the origin, as pose lifters give them, by an offset (3, ).

    That joint is zero, as if it were missing. A joint of the trunk is the origin if it is zero in all of
    the person's frames, and the body is around it. Other joints may be missing.
    """
    keypoint = as_float32(keypoint)
    trunk = [layout.joints.index(name) for name in ORIGINS if name in layout.joints]
    there = keypoint.any(axis=3)  # (M, T, V)
    for person in np.flatnonzero(there.any(axis=(1, 2))):
        seen = there[person].any(axis=1)  # (T, )
        body, filled = keypoint[person, seen], there[person, seen]
        origin = next((joint for joint in trunk if not filled[:, joint].any()), None)
        if origin is None:
            continue
        middle = body.sum(axis=1) / filled.sum(axis=1, keepdims=True)  # (frames, 3)
        if np.median(np.linalg.norm(middle, axis=1)) < body_height(body[None]) / 2:
            filled[:, origin] = True
            keypoint = keypoint.copy()
            keypoint[person, seen] += filled[..., None] * offset.astype(np.float32)
    return keypoint


def average_joints(keypoint: np.ndarray, sources: Sequence[Sequence[int]]) -> np.ndarray:
    """Make each of V' joints the mean of its sources that are there, if any; (M, T, V', C), float32."""
    keypoint = as_float32(keypoint)
    there = keypoint.any(axis=3, keepdims=True)  # (M, T, V, 1)
    averaged = []
    for joints in map(list, sources):
        number = there[:, :, joints].sum(axis=2)  # (M, T, 1)
        averaged.append(keypoint[:, :, joints].sum(axis=2) / np.maximum(number, 1, dtype=np.float32))
    return np.stack(averaged, axis=2)


def find_doubts(recordings: Sequence[np.ndarray], layout: SkeletonLayout,
                axes: Sequence[str] | None = None, scale: float = 1.,
                names: Sequence[str] | None = None, told: set[str] | None = None) -> list[str]:
    """Write a sentence for each sign of another unit, exchanged sides, or another layout.

    The recordings, each (..., V, 3) and zero where a joint is missing, are judged one by one; only the
    lengths of both sides are judged together. With names, a sentence begins with those it is about. Axes
    default to the layout's, and scale is the factor to metres. Kinds of doubt in ``told`` are left out,
    and those of the sentences are added to it.
    """
    found = {}  # kind -> what it says of the first recording, and the numbers of all that have it
    for number, recording in enumerate(recordings):
        for kind, doubt in _doubts_of_one(recording, layout, axes or layout.axes, scale):
            found.setdefault(kind, (doubt, []))[1].append(number)
    if 'order' not in found and (ratio := _ratio_of_sides(recordings, layout)):
        found['order'] = (_order_doubt(f'A bone of one side is {ratio:.3g} times as long as that of the '
                                       'other', recordings, layout), range(len(recordings)))
    doubts, told = [], set() if told is None else told
    for kind, (doubt, numbers) in found.items():
        if kind not in told:
            more = f' and {len(numbers) - 1} more' if len(numbers) > 1 else ''
            doubts.append(f'{names[numbers[0]]}{more}: {doubt}' if names else doubt)
    told.update(found)
    return doubts


def _doubts_of_one(recording: np.ndarray, layout: SkeletonLayout, axes: Sequence[str],
                   scale: float) -> Iterator[tuple[str, str]]:
    """Yield the kind and the sentence of each doubt about a recording."""
    height, places = scale * body_height(recording), recording[recording.any(axis=-1)]  # (joints, 3)
    in_unit = (places >= 0) & (places <= 1)
    if in_unit[:, :2].all(axis=1).mean() > IN_IMAGE or (
            in_unit[:, 2].all() and places[:, 2].max() > CONFIDENT):
        yield 'image', ('x and y, or a third number, lie between 0 and 1, as image coordinates and '
                        'confidences do. Give a 3-D pose in metres, of MediaPipe the world landmarks.')
    elif not HEIGHT[0] <= height <= HEIGHT[1]:
        yield 'unit', (f'A body measures about {height:.3g} metres; if the unit is another one, give '
                       'the factor to metres as scale (0.001 for millimetres). Pixels are no unit of '
                       'length: lift the pose to 3-D.')
    if recording.ndim == 4 and len(recording) > 2:
        yield 'persons', (f'There are {len(recording)} persons; a batch is given as a list of '
                          'recordings, in files one each.')
    if sidedness(recording, layout, axes) < MIRRORED:
        yield 'sides', ('The bodies look mirrored, to judge by their front, left and right. Say by axes '
                        f'where x, y and z point (taken for {" ".join(axes)}), and compare the order '
                        f'of the joints with {layout.name!r}.')
    if has_scrambled_trunk(recording, layout):
        yield 'order', _order_doubt('From the hips up, pelvis, shoulders and head do not follow one '
                                    'another', [recording], layout)


def _order_doubt(sign: str, recordings: Sequence[np.ndarray], layout: SkeletonLayout) -> str:
    """Name the layouts that recordings fit, after a sign that no body is like what a layout says."""
    fitting = [other.name for other in LAYOUTS.values()
               if other.num_joints == layout.num_joints and other.joints != layout.joints
               and not any(has_scrambled_trunk(recording, other) for recording in recordings)
               and not _ratio_of_sides(recordings, other)]
    fit = f' The bodies fit {" or ".join(map(repr, fitting))}: name that (--from).' if fitting else ''
    return (f'{sign}; compare the order of the joints with {layout.name!r}, as '
            f'tools/visualization/plot_layout.py draws it.{fit}')


def _ratio_of_sides(recordings: Sequence[np.ndarray], layout: SkeletonLayout) -> float | None:
    """Ratio of the lengths of both sides, if no body is like that."""
    ratio = asymmetry(recordings, layout)
    return ratio if ratio > (ASYMMETRIC if len(recordings) >= POOL else ASYMMETRIC_ALONE) else None


def check_depth(keypoint: np.ndarray, name: str) -> None:
    """Refuse poses (..., V, 3) whose bodies are flat, or pixels with a third number from 0 to 1."""
    extents, third = _extents(keypoint), keypoint[keypoint.any(axis=-1)][:, 2]
    is_flat = (extents.min(axis=1) < FLAT * extents.max(axis=1)).all()
    if is_flat or body_height(keypoint) > PIXELS and 0 <= third.min() <= third.max() <= 1:
        raise ValueError(f'{name}: the skeletons are 2-D, with a third number from {third.min():.3g} to '
                         f'{third.max():.3g} that is no depth but, for example, a confidence. Lift the '
                         'poses to 3-D first, by a pose lifter.')


def _extents(keypoint: np.ndarray) -> np.ndarray:
    """Extents (frames, 3) of the bodies that are there along the axes."""
    bodies = keypoint.reshape(-1, *keypoint.shape[-2:]).astype(np.float64)  # (M * T, V, 3)
    bodies = bodies[bodies.any(axis=(1, 2))]
    missing = ~bodies.any(axis=2, keepdims=True)
    return np.where(missing, -np.inf, bodies).max(1) - np.where(missing, np.inf, bodies).min(1)


def body_height(keypoint: np.ndarray) -> float:
    """Median over the frames of the largest extent of a body along an axis."""
    return float(np.median(_extents(keypoint).max(axis=1)))


def _joint_places(keypoint: np.ndarray, layout: SkeletonLayout) -> dict[str, np.ndarray]:
    """Places (M * T, 3) of the joints by their names."""
    bodies = keypoint.reshape(-1, *keypoint.shape[-2:]).astype(np.float64)  # (M * T, V, 3)
    return dict(zip(layout.joints, bodies.swapaxes(0, 1), strict=True))


def _distance(places: dict[str, np.ndarray], names: Sequence[str], others: Sequence[str]) -> float:
    """Median distance between the middles of joints; NaN if they are never seen together."""
    if not {*names, *others} <= set(places):
        return np.nan
    seen = np.all([places[name].any(axis=1) for name in (*names, *others)], axis=0)
    one, other = (np.mean([places[name][seen] for name in joints], axis=0) for joints in (names, others))
    return np.median(np.linalg.norm(one - other, axis=1)) if seen.any() else np.nan


def asymmetry(recordings: Sequence[np.ndarray], layout: SkeletonLayout) -> float:
    """Largest ratio of the lengths of a limb's bone on both sides; 1 without such a bone.

    It is the median over the recordings, each (..., V, 3), of the ratio of the medians over the frames.
    """
    ratios = []  # logarithms, left over right
    for recording in recordings:
        places = _joint_places(recording, layout)
        lengths = [[_distance(places, *([f'{side}_{joint}'] for joint in limb)) for limb in LIMBS]
                   for side in ('left', 'right')]
        ratios.append(np.subtract(*np.log(np.array(lengths) + 1e-9)))
    known = [bone[np.isfinite(bone)] for bone in np.transpose(ratios)]
    return float(np.exp(max([abs(np.median(bone)) for bone in known if len(bone)], default=0.)))


def has_scrambled_trunk(keypoint: np.ndarray, layout: SkeletonLayout) -> bool:
    """Whether pelvis, shoulders and head, or nose, are not in this order from the hips up."""
    places = _joint_places(keypoint, layout)
    hips, shoulders = TRUNK[:2], TRUNK[2:]
    distances = np.array([_distance(places, ['pelvis'], hips), HEAD * _distance(places, shoulders, hips),
                          _distance(places, ['head' if 'head' in places else 'nose'], hips)])
    return bool((np.diff(distances[np.isfinite(distances)]) < 0).any())


def sidedness(keypoint: np.ndarray, layout: SkeletonLayout, axes: Sequence[str]) -> float:
    """Mean triple product of the directions to the right, to the front and up, over the trunk's size.

    It is clearly positive for a body, negative for its mirror image, and 0 if it cannot be told.
    """
    places = _joint_places(keypoint, layout)
    for front, back in FRONTS:
        names = {*TRUNK, *front, *back}
        if names <= set(places):
            complete = np.all([places[name].any(axis=1) for name in names], axis=0)  # (M * T, )
            seen = {name: places[name][complete] for name in names}
            product = _triple_product(seen, front, back) if complete.any() else 0
            if product:  # a layout may have toes that are copies of the ankles
                return float(product * np.linalg.det(directions(axes)))
    return 0.


def _triple_product(places: dict[str, np.ndarray], front: Sequence[str], back: Sequence[str]) -> float:
    """Mean triple product in a right-handed system, from the places (frames, 3) of joints."""
    def mean(*names: str) -> np.ndarray:
        return np.mean([places[name] for name in names], axis=0)

    right = mean('right_hip', 'right_shoulder') - mean('left_hip', 'left_shoulder')
    up = mean('left_shoulder', 'right_shoulder') - mean('left_hip', 'right_hip')
    forward = mean(*front) - mean(*back)
    size = np.linalg.norm(up, axis=1).mean()**2 * np.linalg.norm(right, axis=1).mean()
    return (np.cross(right, forward) * up).sum(axis=1).mean() / max(size, 1e-12)
