"""Two independently augmented views of one sequence."""
from collections.abc import Callable
from copy import deepcopy

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform
from mmengine.dataset import Compose

from ..annotation_file import sequence_name

NUM_VIEWS = 2


@TRANSFORMS.register_module()
class TwoViews(BaseTransform):
    """Run a sub-pipeline twice and stack both views as two clips.

    The views follow one another on the frame axis, which is where MMAction2's ``FormatGCNInput``
    looks for clips: it makes (2, M, T, V, C) of them. All other keys are those of the first view.

    Required keys: keypoint. Modified keys: keypoint. Added keys: num_clips.

    Args:
        transforms: The augmentations of one view. They must give every sequence the same number of
            frames T, or a ``ValueError`` names the sequence.
    """

    def __init__(self, transforms: list[dict | Callable]) -> None:
        self.transforms = Compose(transforms)

    def transform(self, results: dict) -> dict | None:
        """Make two views of one sequence, without a change to it; ``keypoint`` is then (M, 2 * T, V, C).

        Where a transform returns None, which asks the data set for another sequence, so does this one.
        """
        views = [self.transforms(deepcopy(results)) for _ in range(NUM_VIEWS)]
        if any(view is None for view in views):
            return None
        shapes = [view['keypoint'].shape for view in views]
        if len(set(shapes)) > 1:
            raise ValueError(f'{sequence_name(results)}: the two views have the shapes {shapes}, '
                             'but one shape is expected; let the transforms of TwoViews resize to '
                             'a fixed number of frames, as RandomCropResize does.')
        results = views[0]
        results['keypoint'] = np.concatenate([view['keypoint'] for view in views], axis=1)
        results['num_clips'] = NUM_VIEWS  # keypoint: (M, 2 * T, V, C)
        return results

    def __repr__(self) -> str:
        return f'{self.__class__.__name__}(transforms={self.transforms})'
