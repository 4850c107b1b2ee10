"""Independently augmented views of one sequence."""
from collections.abc import Callable, Sequence
from copy import deepcopy

import numpy as np
from mmaction.registry import TRANSFORMS
from mmengine.dataset import Compose

from ..annotation_file import sequence_name
from .base import Transform


@TRANSFORMS.register_module()
class Views(Transform):
    """Run a sub-pipeline for each view and stack the views as clips.

    The views follow one another on the frame axis, which is where MMAction2's ``FormatGCNInput``
    looks for clips: it makes (views, M, T, V, C) of them. All other keys are those of the first view.

    Required keys: keypoint. Modified keys: keypoint. Added keys: num_clips.

    Args:
        transforms: The augmentations of each view; the last view is that of the key encoder. They must
            give every view the same number of frames T, or a ``ValueError`` names the sequence.

    Raises:
        ValueError: A view is not a list of transforms.
    """

    def __init__(self, transforms: Sequence[Sequence[dict | Callable]]) -> None:
        if not transforms or not all(isinstance(view, list | tuple) for view in transforms):
            raise ValueError(f'The transforms of Views are {transforms}, but a list for each view is '
                             'expected, such as [view, view].')
        self.transforms = [Compose(view) for view in transforms]

    def transform(self, results: dict) -> dict | None:
        """Make the views of one sequence, without a change to it: ``keypoint`` (M, views * T, V, C).

        Where a transform returns None, which asks the data set for another sequence, so does this one.
        """
        views = [view(deepcopy(results)) for view in self.transforms]
        if any(view is None for view in views):
            return None
        shapes = [view['keypoint'].shape for view in views]
        if len(set(shapes)) > 1:
            raise ValueError(f'{sequence_name(results)}: the views have the shapes {shapes}, but one '
                             'shape is expected; let the transforms of Views resize to a fixed number '
                             'of frames, as RandomCropResize does.')
        results = views[0]
        results['keypoint'] = np.concatenate([view['keypoint'] for view in views], axis=1)
        results['num_clips'] = len(views)  # keypoint: (M, views * T, V, C)
        return results
