"""From the frames of a recording to the input of a recognizer."""
import logging
from collections.abc import Callable, Sequence

import numpy as np
from mmengine.logging import print_log

from hico_mm.datasets.layouts import LAYOUTS, get_layout, layout_advice
from hico_mm.datasets.plausibility import find_doubts
from hico_mm.datasets.transforms import MapJoints, check_keypoint
from hico_mm.datasets.transforms.checks import coords_advice

from .loading import InputSpec


class Preparation:
    """Checks recordings, maps their joints if they are of another layout, and runs the pipeline.

    Args:
        expected (InputSpec): What the pipeline takes.
        pipeline (Callable): The test pipeline of the config.
        source (str, optional): Layout of the recordings. Defaults to None, for that of the pipeline.
        target (str, optional): Layout of the pipeline, if its config does not name it. Defaults to None.
        axes (Sequence[str], optional): Where x, y and z of the recordings point. Defaults to None, for
            the usual ones of the source.
        scale (float): Factor from the unit of the recordings to metres. Defaults to 1.

    Raises:
        KeyError: If there is no such layout.
        ValueError: If the layouts are not known, or contradict one another.
    """

    def __init__(self, expected: InputSpec, pipeline: Callable, source: str | None = None,
                 target: str | None = None, axes: Sequence[str] | None = None,
                 scale: float = 1.) -> None:
        self.expected = expected
        self.pipeline = pipeline
        self.map = None
        self._looked_at = False
        if source is None:
            if target is not None or axes is not None or scale != 1:
                raise ValueError(f'target={target!r}, axes={axes} and scale={scale} say how a layout is '
                                 'mapped, but its name is missing. Give the layout of the recordings as '
                                 'source (--from).')
        else:
            # A pipeline that turns axes itself takes them as its own data have them.
            self.map = MapJoints(source, self._find_target(target), axes, scale,
                                 expected.axes, expected.scale)

    def _find_target(self, target: str | None) -> str:
        layout, num_joints = self.expected.layout, self.expected.num_joints
        if layout is None and target is None:
            raise ValueError('The config does not name the layout of its joints (NormalizeSkeleton with '
                             'layout=...), so nothing can be mapped to it. Give one of '
                             f'{sorted(LAYOUTS)} as target (--to).')
        target = get_layout(target or layout)
        if layout is not None and target.joints != LAYOUTS[layout].joints:
            raise ValueError(f'target is {target.name!r}, but the pipeline of the config takes '
                             f'{layout!r}. Leave the target out.')
        if num_joints not in (None, target.num_joints):
            raise ValueError(f'target is {target.name!r} with {target.num_joints} joints, but the '
                             f'encoder takes {num_joints}. Name the layout that it was trained on.')
        return target.name

    def check(self, keypoint: np.ndarray, name: str) -> None:
        """Refuse a recording that the encoder cannot take, and warn of a doubtful one.

        Args:
            keypoint (np.ndarray): Joint coordinates.
            name (str): What the message begins with.

        Raises:
            ValueError: If it has other joints or coordinates than expected, nobody is in it, or a value
                is not finite.
        """
        self.check_shape(keypoint, name)
        check_keypoint(keypoint, name)
        layout = self.map.source if self.map else LAYOUTS.get(self.expected.layout)
        if layout is not None and not self._looked_at and keypoint.shape[3] == 3:
            taken = self.map or self.expected
            for doubt in find_doubts(keypoint, layout, taken.axes, taken.scale):
                print_log(f'{name}: {doubt}', 'current', logging.WARNING)
            self._looked_at = True  # one is enough

    def check_shape(self, keypoint: np.ndarray, name: str) -> None:
        """Refuse joints that the encoder cannot take, as soon as there is a frame of them.

        Args:
            keypoint (np.ndarray): Joint coordinates (..., V, C). What has another shape is let pass.
            name (str): What the message begins with.

        Raises:
            ValueError: If there are other joints or coordinates than expected.
        """
        if np.ndim(keypoint) < 2:
            return
        num_joints, num_coords = np.shape(keypoint)[-2:]
        expected = self.expected
        if num_coords != expected.num_coords:
            raise ValueError(f'{name}: the skeletons have {num_coords} coordinates per joint, but the '
                             f'encoder takes {expected.num_coords}. '
                             f'{coords_advice(num_coords, expected.num_coords)}')
        if self.map is not None and num_joints != self.map.source.num_joints:
            raise ValueError(f'{name}: the skeletons have {num_joints} joints, but the layout '
                             f'{self.map.source.name!r} has {self.map.source.num_joints}. '
                             f'{layout_advice(num_joints, self.map.target.name)}')
        if self.map is None and expected.num_joints not in (None, num_joints):
            layout = f' ({expected.layout})' if expected.layout else ''
            raise ValueError(f'{name}: the skeletons have {num_joints} joints, but the encoder takes '
                             f'{expected.num_joints}{layout}. '
                             f'{layout_advice(num_joints, expected.layout)}')

    def __call__(self, keypoint: np.ndarray, name: str, label: int | None) -> dict:
        """Prepare frames that were checked.

        Args:
            keypoint (np.ndarray): Joint coordinates (M, T, V, C). Not changed.
            name (str): Name of the recording.
            label (int, optional): Its class.

        Returns:
            dict: ``inputs`` and ``data_samples``, as the test loader has them.
        """
        # What MMAction2's datasets give to a pipeline. A copy, because transforms may write to it.
        results = dict(frame_dir=name, keypoint=keypoint.copy(), total_frames=keypoint.shape[1],
                       modality='Pose', start_index=0, test_mode=True)
        if label is not None:
            results['label'] = label
        if self.map is not None:
            results = self.map(results)
        return self.pipeline(results)
