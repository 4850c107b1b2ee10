"""From the frames of a recording to the input of a recognizer."""
import logging
from collections.abc import Callable, Sequence

import numpy as np
from mmengine.logging import print_log

from hico_mm.datasets.layouts import LAYOUTS, get_layout
from hico_mm.datasets.plausibility import find_doubts
from hico_mm.datasets.transforms import MapJoints, check_keypoint

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
            self.map = MapJoints(source, self._find_target(target), axes, scale)

    def _find_target(self, target: str | None) -> str:
        layout, num_joints = self.expected.layout, self.expected.num_joints
        if layout is None and target is None:
            raise ValueError('The config does not name the layout of its joints (NormalizeSkeleton with '
                             'layout=...), so nothing can be mapped to it. Give one of '
                             f'{sorted(LAYOUTS)} as target (--to).')
        if layout is not None and target not in (None, layout):
            raise ValueError(f'target is {target!r}, but the pipeline of the config takes {layout!r}. '
                             'Leave the target out.')
        target = get_layout(layout or target)
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
        if isinstance(keypoint, np.ndarray) and keypoint.ndim == 4:
            self._check_coords(keypoint.shape[3], name)
            self._check_joints(keypoint.shape[2], name)
        check_keypoint(keypoint, name)
        layout = self.map.source if self.map else LAYOUTS.get(self.expected.layout)
        if layout is not None and not self._looked_at and keypoint.shape[3] == 3:
            for doubt in find_doubts(keypoint, layout, *((self.map.axes, self.map.scale)
                                                         if self.map else ())):
                print_log(f'{name}: {doubt}', 'current', logging.WARNING)
            self._looked_at = True  # one is enough

    def _check_coords(self, num_coords: int, name: str) -> None:
        expected = self.expected.num_coords
        if num_coords < expected:
            raise ValueError(f'{name}: the skeletons have {num_coords} coordinates per joint, but the '
                             f'encoder takes {expected}. Lift two-dimensional skeletons first, or train '
                             'an encoder on such ones.')
        if num_coords > expected:
            raise ValueError(f'{name}: the skeletons have {num_coords} coordinates per joint, but the '
                             f'encoder takes {expected}. Leave out what is none, such as a confidence: '
                             f'array[..., :{expected}].')

    def _check_joints(self, num_joints: int, name: str) -> None:
        source = self.map and self.map.source
        if source is not None and num_joints != source.num_joints:
            raise ValueError(f'{name}: the skeletons have {num_joints} joints, but the layout '
                             f'{source.name!r} has {source.num_joints}. {_advice(num_joints)}')
        if source is None and self.expected.num_joints not in (None, num_joints):
            layout = f' ({self.expected.layout})' if self.expected.layout else ''
            raise ValueError(f'{name}: the skeletons have {num_joints} joints, but the encoder takes '
                             f'{self.expected.num_joints}{layout}. {_advice(num_joints)}')

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


def _advice(num_joints: int) -> str:
    fitting = sorted(layout.name for layout in LAYOUTS.values() if layout.num_joints == num_joints)
    if fitting:
        return (f'Layouts with {num_joints} joints are {fitting}: if theirs is one of these, give it as '
                'source (--from), and the joints are mapped; a gallery is mapped by tools/data/npy.py.')
    counts = {layout.name: layout.num_joints for layout in LAYOUTS.values()}
    return f'Joints are mapped from {counts}; bring them to one of these first.'
