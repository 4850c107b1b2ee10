"""Windows that slide over recordings and over streams of frames."""
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

Window = tuple[int, int, np.ndarray]


def check_window(window: int | None, stride: int | None) -> None:
    """Refuse windows that cannot slide.

    Args:
        window (int, optional): Frames of a window.
        stride (int, optional): Frames from one window to the next.

    Raises:
        ValueError: If one is below 1, or there is a stride without a window.
    """
    for name, value in dict(window=window, stride=stride).items():
        if value is not None and value < 1:
            raise ValueError(f'{name} is {value}, but at least 1 frame is expected.')
    if stride is not None and window is None:
        raise ValueError(f'stride is {stride}, but without a window a recording is taken whole. Give '
                         'the window, in frames, too.')


def slide(frames: Iterable[np.ndarray], window: int, stride: int | None = None,
          name: str = 'The stream') -> Iterator[Window]:
    """Cut frames into windows, each as soon as it is complete.

    Windows start every ``stride`` frames. If frames are left over at the end, one more window ends with
    the last frame.

    Args:
        frames (Iterable[np.ndarray]): Frames, each (V, C) or (M, V, C); persons may come and go.
        window (int): Frames of a window.
        stride (int, optional): Frames from one window to the next. Defaults to half a window.
        name (str): What the message begins with.

    Yields:
        tuple[int, int, np.ndarray]: Number of the first frame, number of the last frame plus 1, and the
        joint coordinates (M, window, V, C).

    Raises:
        ValueError: If a frame has another shape, or there are fewer frames than a window has.
    """
    stride = stride or default_stride(window)
    latest = deque(maxlen=window)
    number, end = 0, None
    for number, frame in enumerate(frames, start=1):
        latest.append(_check_frame(frame, latest, f'{name}, frame {number - 1}'))
        if number >= window and (number - window) % stride == 0:
            end = number
            yield end - window, end, stack_frames(latest)
    if number < window:
        raise ValueError(f'{name} has {number} frames, fewer than a window of {window}. Take a smaller '
                         'window or, for a recording, none, which takes it whole.')
    if end != number:
        yield number - window, number, stack_frames(latest)


def slide_recording(keypoint: np.ndarray, window: int | None, stride: int | None,
                    name: str) -> Iterator[Window]:
    """Cut a recording into windows.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, T, V, C).
        window (int, optional): Frames of a window; None for all of it.
        stride (int, optional): Frames from one window to the next.
        name (str): What the message begins with.

    Yields:
        tuple[int, int, np.ndarray]: See :func:`slide`.

    Raises:
        ValueError: If it is shorter than a window.
    """
    if window is None:
        yield 0, keypoint.shape[1], keypoint
    else:
        yield from slide(keypoint.swapaxes(0, 1), window, stride, name)


def default_stride(window: int) -> int:
    """Half a window, in whole frames."""
    return max(window // 2, 1)


def stack_frames(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Stack frames of one or several persons.

    Args:
        frames (Sequence[np.ndarray]): T frames, each (M, V, C), with any M.

    Returns:
        np.ndarray: Joint coordinates (M, T, V, C) of the largest M; zeros where a person is missing.
    """
    num_persons = max(len(frame) for frame in frames)
    stacked = np.zeros((num_persons, len(frames), *frames[0].shape[1:]), frames[0].dtype)
    for number, frame in enumerate(frames):
        stacked[:len(frame), number] = frame
    return stacked


def _check_frame(frame: np.ndarray, earlier: Sequence[np.ndarray], name: str) -> np.ndarray:
    """Return a frame as (M, V, C), or say what is wrong with it."""
    frame = np.asarray(frame)
    if frame.ndim not in (2, 3) or frame.dtype.kind not in 'fiu':
        raise ValueError(f'{name} is an array of {frame.dtype} of the shape {frame.shape}, but real '
                         'numbers of the shape (V, C) or, with several persons, (M, V, C) are expected.')
    frame = frame if frame.ndim == 3 else frame[None]
    if earlier and frame.shape[1:] != earlier[-1].shape[1:]:
        raise ValueError(f'{name} has (joints, coordinates) = {frame.shape[1:]}, but the frames before '
                         f'have {earlier[-1].shape[1:]}. Leave no joint out; a missing one is zeros.')
    return frame
