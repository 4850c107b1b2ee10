"""Gaps in recordings: coordinates that a tracker left out as NaN for some frames."""
import numpy as np


def fill_gaps(keypoint: np.ndarray, longest: int, name: str) -> np.ndarray:
    """Fill NaN of joints (M, T, V, C) by linear interpolation over the frames.

    Before the first and after the last position of a joint, the nearest one is held. Zeros are missing
    joints, no positions. A gap of more than ``longest`` frames is refused; 0 leaves all as they are.
    """
    if longest < 0:
        raise ValueError(f'fill_gaps is {longest}, but frames from 0 are expected; 0 fills no gap.')
    if not longest or keypoint.dtype.kind != 'f' or keypoint.ndim != 4 or not np.isnan(keypoint).any():
        return keypoint
    filled = keypoint.copy()
    zero = ~keypoint.any(axis=3)  # (M, T, V)
    for person, joint, coordinate in np.argwhere(np.isnan(keypoint).any(axis=1)):
        column = filled[person, :, joint, coordinate]  # (T, ), a view
        gap = np.isnan(column)
        starts, ends = np.flatnonzero(np.diff(gap, prepend=False, append=False)).reshape(-1, 2).T
        start, end = max(zip(starts, ends, strict=True), key=lambda ends: ends[1] - ends[0])
        if end - start > longest or gap.all():
            raise ValueError(f'{name}: joint {joint} of person {person} (from 0) is NaN from frame '
                             f'{start} to {end - 1}, but gaps of at most {longest} frames are filled. '
                             'Allow more, cut the recording there, or set a missing joint to zero.')
        known = ~gap & ~zero[person, :, joint]
        column[gap] = np.interp(*map(np.flatnonzero, (gap, known)), column[known]) if known.any() else 0
    return filled
