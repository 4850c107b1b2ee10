"""From recordings and streams of skeletons to what the test pipeline of a config makes of them."""
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
from mmengine.config import ConfigDict
from mmengine.logging import print_log
from torch import nn

from hico_mm.datasets.annotation_file import MAX_PERSONS, check_keypoint, coords_advice, refuse_mask
from hico_mm.datasets.gaps import fill_gaps
from hico_mm.datasets.layouts import LAYOUTS, get_layout, layout_advice
from hico_mm.datasets.raw.npy_folder import order_advice
from hico_mm.datasets.transforms.map_joints import NUM_CHECKED, MapJoints, check_depth, find_doubts
from hico_mm.utils import type_name

from .recordings import Recording


class InputSpec(NamedTuple):
    """What the pipeline of a config takes."""

    layout: str | None  # None if the config names joints instead
    num_joints: int | None  # V; None if nothing says it
    num_coords: int  # C
    axes: tuple[str, ...] | None = None  # None for the usual ones of the layout
    scale: float = 1.  # to metres


class Window(NamedTuple):
    """Frames ``start`` to ``end - 1`` of a recording, and what the pipeline made of them."""

    recording: Recording
    start: int
    end: int
    sample: dict


def find_input(dataset: ConfigDict, backbone: nn.Module) -> InputSpec:
    """Find out what recordings have to be like, from the test data of a config and its encoder."""
    sizes = getattr(backbone, 'input_sizes', {})
    num_coords = sizes.get('in_channels') or dataset.get('num_coords') or 3
    for step in dataset.pipeline:
        # The first step that names a layout names that of the recordings; MapJoints leads to another.
        layout = step.get(dict(MapJoints='source', NormalizeSkeleton='layout').get(type_name(step), ''))
        if layout is not None:
            axes = step.get('axes')
            return InputSpec(layout, LAYOUTS[layout].num_joints, num_coords,
                             None if axes is None else tuple(axes), step.get('scale', 1.))
    return InputSpec(None, sizes.get('num_joints') or dataset.get('num_joints'), num_coords)


class Preparation:
    """Checks recordings, maps their joints if they are of another layout, and runs the test pipeline.

    ``source``, ``target``, ``axes`` and ``scale`` are those of ``SkeletonInferencer``.
    """

    def __init__(self, expected: InputSpec, pipeline: Callable, source: str | None = None,
                 target: str | None = None, axes: Sequence[str] | None = None,
                 scale: float = 1.) -> None:
        self.expected = expected
        self.pipeline = pipeline
        self.map = None
        self.told = set()  # kinds of doubt
        self._layout = LAYOUTS.get(expected.layout)  # of the recordings, if it is known
        if source is not None:
            # The pipeline may turn the axes of its own data: the recordings are brought to those axes.
            self.map = MapJoints(source, self._find_target(target), axes, scale,
                                 expected.axes, expected.scale)
            self._layout = self.map.source
        elif target is not None or axes is not None or scale != 1:
            raise ValueError(f'target={target!r}, axes={axes} and scale={scale} say how a layout is '
                             'mapped, but its name is missing. Give the layout of the recordings as '
                             'source (--from).')

    def _find_target(self, target: str | None) -> str:
        layout, num_joints = self.expected.layout, self.expected.num_joints
        if layout is None and target is None:
            raise ValueError('The config does not name the layout of its joints (NormalizeSkeleton with '
                             'layout=...), so nothing can be mapped to it. Give one of '
                             f'{sorted(LAYOUTS)} as target (--to).')
        target = get_layout(target or layout)
        is_other_layout = layout is not None and target.joints != LAYOUTS[layout].joints
        if is_other_layout or num_joints not in (None, target.num_joints):
            raise ValueError(f'target is {target.name!r} with {target.num_joints} joints, but the '
                             f'encoder takes {num_joints} ({layout or "layout not named"}). Name the '
                             'layout that it was trained on, or leave the target out.')
        return target.name

    def windows(self, recordings: Iterable[Recording], window: int | None, stride: int | None,
                what: str) -> Iterator[Window]:
        """Cut recordings into windows and prepare those that show a person."""
        recordings = iter(recordings)
        first = list(islice(recordings, NUM_CHECKED))
        names = [f'{what} {recording.name!r}' for recording in first]
        for recording, name in zip(first, names, strict=True):
            self.check(recording.keypoint, name)
        self.warn([recording.keypoint for recording in first], names)
        for recording in chain(first, recordings):
            keypoint, name = recording.keypoint, f'{what} {recording.name!r}'
            self.check(keypoint, name)
            spans = [(0, keypoint.shape[1], keypoint)] if window is None else slide(
                keypoint.swapaxes(0, 1), window, stride, name)
            for start, end, keypoint in spans:
                if keypoint.any():
                    yield Window(recording, start, end, self(keypoint, recording.name, recording.label))

    def stream(self, frames: Iterable[np.ndarray], window: int, stride: int | None,
               name: str, longest_gap: int = 0) -> Iterator[Window]:
        """Cut a stream into windows and prepare each as soon as it is complete."""
        for start, end, keypoint in slide(self._checked(frames, name), window, stride, name):
            if keypoint.any():
                where = f'{name}, frames {start} to {end - 1}'
                keypoint = fill_gaps(keypoint, longest_gap, where)
                check_keypoint(keypoint, where)
                self.check(keypoint, where)
                self.warn([keypoint], [where])
                yield Window(Recording(name, keypoint), start, end, self(keypoint, name, None))

    def _checked(self, frames: Iterable[np.ndarray], name: str) -> Iterator[np.ndarray]:
        """Refuse unfit joints at once, not when a window is complete."""
        for number, frame in enumerate(frames):
            if np.ndim(frame) == 3 and len(frame) > MAX_PERSONS:
                raise ValueError(f'{name}, frame {number} of the shape {np.shape(frame)} has '
                                 f'{len(frame)} persons. A stream gives one frame after the other, '
                                 f'(V, C) or (M, V, C) with at most {MAX_PERSONS} persons.')
            self.check(frame, f'{name}, frame {number}')
            yield frame

    def check(self, keypoint: np.ndarray, name: str) -> None:
        """Refuse joints (..., V, C) that the encoder cannot take; ``name`` begins the message."""
        if np.ndim(keypoint) < 2:
            return  # slide says what is wrong with such a frame
        num_joints, num_coords = np.shape(keypoint)[-2:]
        layout = self._layout
        expected = layout.num_joints if layout else self.expected.num_joints
        order = ''
        if np.ndim(keypoint) == 4:
            order = order_advice(np.shape(keypoint)[len(keypoint) == 1:], [expected])
        if num_coords != self.expected.num_coords:
            raise ValueError(f'{name}: the skeletons have {num_coords} coordinates per joint, but the '
                             f'encoder takes {self.expected.num_coords}. '
                             f'{coords_advice(num_coords, self.expected.num_coords)}{order}')
        if expected not in (None, num_joints):
            named = f' ({layout.name})' if layout else ''
            target = self.map.target.name if self.map else self.expected.layout
            raise ValueError(f'{name}: the skeletons have {num_joints} joints, but {expected}{named} '
                             f'are expected. {layout_advice(num_joints, target)}{order}')
        if layout and np.ndim(keypoint) == 4 and num_coords == 3 and np.any(keypoint):
            check_depth(keypoint, name)

    def warn(self, keypoints: Sequence[np.ndarray], names: Sequence[str]) -> None:
        """Warn of doubtful skeletons, each (M, T, V, C), but of each kind of doubt once."""
        if self._layout is not None and self.expected.num_coords == 3:
            given = self.map or self.expected
            for doubt in find_doubts(keypoints, self._layout, given.axes, given.scale, names, self.told):
                print_log(doubt, 'current', logging.WARNING)

    def __call__(self, keypoint: np.ndarray, name: str, label: int | None) -> dict:
        """Make ``inputs`` and ``data_samples`` of checked joints (M, T, V, C), as the data sets do."""
        # What MMAction2's data sets give to a pipeline. A copy, because transforms may write to it.
        results = dict(frame_dir=name, keypoint=keypoint.copy(), total_frames=keypoint.shape[1],
                       modality='Pose', start_index=0, test_mode=True)
        if label is not None:
            results['label'] = label
        if self.map is not None:
            results = self.map(results)
        return self.pipeline(results)


def check_window(window: int | None, stride: int | None) -> None:
    """Refuse windows that cannot slide: sizes below 1, or a stride without a window."""
    for name, value in dict(window=window, stride=stride).items():
        if value is not None and value < 1:
            raise ValueError(f'{name} is {value}, but at least 1 frame is expected.')
    if stride is not None and window is None:
        raise ValueError(f'stride is {stride}, but without a window a recording is taken whole. Give '
                         'the window, in frames, too.')


def slide(frames: Iterable[np.ndarray], window: int, stride: int | None = None,
          name: str = 'The stream') -> Iterator[tuple[int, int, np.ndarray]]:
    """Cut frames (V, C) or (M, V, C) into windows, and yield each as soon as it is complete.

    A window starts every ``stride`` frames, by default half a window. If frames are left over, one more
    window ends with the last frame. Yields start, end (the last frame plus 1), and (M, window, V, C).
    """
    stride = stride or max(window // 2, 1)
    latest = deque(maxlen=window)
    number, end = 0, None
    for number, frame in enumerate(frames, start=1):
        latest.append(_check_frame(frame, latest, f'{name}, frame {number - 1}'))
        if number >= window and (number - window) % stride == 0:
            end = number
            yield end - window, end, _stack_frames(latest)
    if number < window:
        raise ValueError(f'{name} has {number} frames, fewer than a window of {window}. Take a smaller '
                         'window or, for a recording, none, which takes it whole.')
    if end != number:
        yield number - window, number, _stack_frames(latest)


def _check_frame(frame: np.ndarray, earlier: Sequence[np.ndarray], name: str) -> np.ndarray:
    """Return a frame as (M, V, C), or say what is wrong with it."""
    refuse_mask(frame, name)
    frame = np.asarray(frame)
    if frame.ndim not in (2, 3) or frame.dtype.kind not in 'fiu':
        raise ValueError(f'{name} is an array of {frame.dtype} of the shape {frame.shape}, but real '
                         'numbers of the shape (V, C) or, with several persons, (M, V, C) are expected.')
    frame = frame if frame.ndim == 3 else frame[None]
    if earlier and frame.shape[1:] != earlier[-1].shape[1:]:
        raise ValueError(f'{name} has (joints, coordinates) = {frame.shape[1:]}, but the frames before '
                         f'have {earlier[-1].shape[1:]}. Leave no joint out; a missing one is zeros.')
    return frame


def _stack_frames(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Stack T frames, each (M, V, C) with any M, to (M, T, V, C); zeros where a person is missing."""
    num_persons = max(len(frame) for frame in frames)
    stacked = np.zeros((num_persons, len(frames), *frames[0].shape[1:]), frames[0].dtype)
    for number, frame in enumerate(frames):
        stacked[:len(frame), number] = frame
    return stacked
