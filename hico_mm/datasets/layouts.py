"""Skeleton layouts: the bone tree of a sensor and the joints that normalisation needs."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral


@dataclass(frozen=True)
class SkeletonLayout:
    """Joint order of a sensor, by 0-based joint indices.

    Args:
        name (str): Name by which configs refer to the layout.
        parents (tuple[int]): Parent of each of the V joints; the root is its own parent.
        center (int): Joint that becomes the origin of every frame.
        zaxis (tuple[int]): ``(lower, upper)``; lower to upper is turned to +z.
        xaxis (tuple[int]): ``(right, left)``; right minus left is turned to +x.
    """

    name: str
    parents: tuple[int, ...]
    center: int
    zaxis: tuple[int, int]
    xaxis: tuple[int, int]

    @property
    def num_joints(self) -> int:
        """Number of joints V."""
        return len(self.parents)


# Kinect v2, the joints of NTU RGB+D and PKU-MMD: 0 base of the spine, 1 middle of the spine,
# 4 left shoulder, 8 right shoulder, 20 spine between the shoulders (root of the bones).
NTU_RGBD = SkeletonLayout(
    name='nturgb+d',
    parents=(1, 20, 20, 2, 20, 4, 5, 6, 20, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18, 20, 22, 7, 24,
             11),
    center=1,
    zaxis=(0, 1),
    xaxis=(8, 4))

# Kinect v1: 0 head, 1 centre of the shoulders, 2 spine, 3 centre of the hips (root), then left arm
# 4-7, right arm 8-11, left leg 12-15, right leg 16-19. Its spine joint stands a few centimetres in
# front of the hips, so the trunk's direction is taken from hips to shoulders.
KINECT_V1 = SkeletonLayout(
    name='kinect_v1',
    parents=(1, 2, 3, 3, 1, 4, 5, 6, 1, 8, 9, 10, 3, 12, 13, 14, 3, 16, 17, 18),
    center=2,
    zaxis=(3, 1),
    xaxis=(8, 4))

# COCO: 0 nose (root), 1-4 eyes and ears, then left before right: shoulders 5 6, elbows 7 8,
# wrists 9 10, hips 11 12, knees 13 14, ankles 15 16. It has no joint on the spine, so the left side
# of the trunk gives its direction.
COCO = SkeletonLayout(
    name='coco',
    parents=(0, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 0, 0, 11, 12, 13, 14),
    center=0,
    zaxis=(11, 5),
    xaxis=(6, 5))

LAYOUTS = {layout.name: layout for layout in (NTU_RGBD, KINECT_V1, COCO)}


def get_layout(name: str) -> SkeletonLayout:
    """Look up a preset layout.

    Args:
        name (str): Name of a preset: ``'nturgb+d'``, ``'kinect_v1'`` or ``'coco'``.

    Returns:
        SkeletonLayout: The preset.

    Raises:
        KeyError: If there is no preset of that name.
    """
    if name not in LAYOUTS:
        raise KeyError(f'Unknown skeleton layout {name!r}; the presets are {sorted(LAYOUTS)}. '
                       'For another skeleton give the joint indices themselves.')
    return LAYOUTS[name]


def get_parents(parents: str | Sequence[int]) -> tuple[int, ...]:
    """Resolve the bone tree of a preset or check one given as a list.

    Args:
        parents (str | Sequence[int]): Name of a preset, or the parent of each of the V joints,
            where a joint without a bone is its own parent.

    Returns:
        tuple[int]: The parent of each of the V joints.

    Raises:
        KeyError: If there is no preset of that name.
        ValueError: If the list is empty or names a joint that does not exist.
    """
    if isinstance(parents, str):
        return get_layout(parents).parents
    if not isinstance(parents, Iterable):
        raise ValueError(f'The parents are {parents!r}; give the parent of each joint, or one of the '
                         f'presets {sorted(LAYOUTS)}.')
    parents = tuple(parents)
    if not parents:
        raise ValueError('The parent list is empty; give the parent of each joint, or one of the '
                         f'presets {sorted(LAYOUTS)}.')
    for joint, parent in enumerate(parents):
        if not isinstance(parent, Integral) or not 0 <= parent < len(parents):
            raise ValueError(f'Joint {joint} has the parent {parent}, but the parent list has '
                             f'{len(parents)} joints, numbered 0 to {len(parents) - 1}; give valid '
                             f'indices, or one of the presets {sorted(LAYOUTS)}.')
    return parents
