"""Models in ONNX files: what a file says of itself, and running it."""
import importlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import ModuleType
from typing import Any

import numpy as np
from mmengine.config import ConfigDict
from mmengine.dataset import Compose
from mmengine.registry import init_default_scope

from hico_mm.datasets.layouts import LAYOUTS, layout_advice
from hico_mm.utils import check_file
from hico_mm.utils.nodes import spell
from hico_mm.version import __version__

from .preparation import Preparation, check_window, find_input
from .recordings import read_recordings

INPUT = 'keypoint'
CLS_SCORE, FEATURE = 'cls_score', 'feature'
INPUT_MEANING = ('joints (N, M, T, V, C) float32, normalised and cropped as by the pipeline; bones and '
                 'motion are made inside')  # for people who look into a file
OUTPUT_MEANING = {CLS_SCORE: 'class scores (N, classes), before the softmax',
                  FEATURE: 'instance feature (N, channels), not of unit length'}
SIZES = ('num_persons', 'num_frames', 'num_joints', 'in_channels')
EXPORT = 'python tools/deployment/export_onnx.py CONFIG CHECKPOINT OUT'


def import_optional(name: str) -> ModuleType:
    """Import a package of the extra ``deploy``, or say how to install it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(f'{name} cannot be imported: {error}. Run: pip install onnx onnxruntime, or '
                          'install hico_mm with its extra "deploy".') from error


@dataclass(frozen=True)
class OnnxSpec:
    """What an exported model takes and gives; the metadata of its file.

    Args:
        num_persons: M.
        num_frames: T.
        num_joints: V.
        in_channels: C.
        layout: The preset layout that the pipeline takes, ``''`` if it names joints instead. The
            pipeline may map it to V other joints.
        stream: What the graph makes of the joints: ``'joint'``, ``'bone'`` or ``'motion'``.
        output: ``'cls_score'``, class scores before the softmax; or ``'feature'``, the instance feature,
            neither projected nor normalised.
        classes: Names of the classes; empty if they have none, or are no output.
        pipeline: The transforms that prepare a sequence of the test data.
        hico_mm_version: Version that exported the model.
    """

    num_persons: int
    num_frames: int
    num_joints: int
    in_channels: int
    layout: str
    stream: str
    output: str
    classes: list[str]
    pipeline: list[dict]
    hico_mm_version: str = __version__

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """(M, T, V, C)."""
        return tuple(getattr(self, name) for name in SIZES)

    def to_metadata(self) -> dict[str, str]:
        """Write all as text: strings as they are, the rest as JSON."""
        texts = {name: value if isinstance(value, str) else json.dumps(value, default=spell)
                 for name, value in asdict(self).items()}
        return dict(texts, input_meaning=INPUT_MEANING, output_meaning=OUTPUT_MEANING[self.output])

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], path: str | os.PathLike) -> 'OnnxSpec':
        """Read the metadata of the file ``path``; refuse another program's, or another version's."""
        again = f'Export it with this version: {EXPORT}.'
        version = metadata.get('hico_mm_version')
        if version is None:
            raise ValueError(f'{path} was not exported by hico_mm: its metadata have '
                             f'{sorted(metadata) or "nothing"}, but no hico_mm_version. {again}')
        # Files stay readable while the first two numbers are the same: 0.1.0 reads those of 0.1.3.
        if version.split('.')[:2] != __version__.split('.')[:2]:
            raise ValueError(f'{path} was exported by hico_mm {version}, but this is hico_mm '
                             f'{__version__}, whose input may be prepared in another way. {again}')
        try:
            return cls(**{field.name: metadata[field.name] if field.type is str
                          else json.loads(metadata[field.name]) for field in fields(cls)})
        except (KeyError, json.JSONDecodeError) as error:
            raise ValueError(f'{path} has incomplete or broken metadata ({error}). {again}') from error


class OnnxModel:
    """A model exported by ``tools/deployment/export_onnx.py``, run by onnxruntime on the CPU.

    ``model.spec`` says what it takes and gives: sizes, layout, stream, class names, and the
    ``pipeline`` that prepares a sequence.

    Args:
        path: The ONNX file.
        num_joints: V of the data it is meant for, to check them at once. None checks them at the first
            call.
        num_threads: Threads of one call; 0 for one on each core.

    Raises:
        ImportError: If onnxruntime is not installed.
        FileNotFoundError: If there is no such file.
        ValueError: If it is no ONNX file, was exported by something else, or is for another number of
            joints.
    """

    def __init__(self, path: str | os.PathLike, num_joints: int | None = None,
                 num_threads: int = 0) -> None:
        onnxruntime = import_optional('onnxruntime')
        check_file(path, f'Check the path, or export one: {EXPORT}.', 'Exported model')
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.log_severity_level = 4  # errors are raised, and need not be printed as well
        try:
            self._session = onnxruntime.InferenceSession(
                os.fspath(path), options, providers=['CPUExecutionProvider'])
        except Exception as error:  # onnxruntime's errors have no base class of their own
            raise ValueError(f'{path} is no ONNX file that onnxruntime {onnxruntime.__version__} can '
                             f'run: {error} Export it again, or update onnxruntime.') from error
        self.path = os.fspath(path)
        self._told = {}  # kinds of doubt, by what the recordings are mapped from
        self.spec = OnnxSpec.from_metadata(self._session.get_modelmeta().custom_metadata_map, path)
        self._check_graph(num_joints)

    def __call__(self, joints: np.ndarray) -> np.ndarray:
        """Run the model on a batch.

        Args:
            joints: Sequences as :meth:`prepare` gives them, (N, M, T, V, C) float32, of any N.

        Returns:
            Class scores (N, classes) or features (N, channels), see ``OnnxSpec.output``; float32.

        Raises:
            ValueError: If the array has another shape or type, or values that are not finite.
        """
        self._check_input(joints)
        return self._session.run(None, {INPUT: joints})[0]

    def prepare(self, recordings: Any, window: int | None = None, stride: int | None = None,
                fill_gaps: int = 0, order: str | None = None, **mapping: Any) -> np.ndarray:
        """Prepare recordings by the pipeline of the export, to what the model takes.

        Args:
            recordings: What ``SkeletonInferencer`` takes, such as a path, an array, or a list of them.
            window, stride, fill_gaps, order: As of ``SkeletonInferencer``.
            **mapping: Its ``source``, ``target``, ``axes``, ``scale``, for recordings of another layout.

        Returns:
            Sequences (N, M, T, V, C) float32, one for each window that shows a person.

        Raises:
            FileNotFoundError, ValueError: If a recording is not there or unfit, or none shows a person.
        """
        check_window(window, stride)
        init_default_scope('mmaction')
        data = ConfigDict(pipeline=self.spec.pipeline, num_joints=self.spec.num_joints,
                          num_coords=self.spec.in_channels)
        preparation = Preparation(find_input(data, None), Compose(self.spec.pipeline), **mapping)
        preparation.told = self._told.setdefault(str(mapping), preparation.told)
        windows = preparation.windows(read_recordings(recordings, longest_gap=fill_gaps, order=order),
                                      window, stride, 'Recording')
        samples = [np.asarray(ready.sample['inputs'], np.float32) for ready in windows]
        if not samples:
            raise ValueError('No window shows a person. Take a smaller stride, or other recordings.')
        return np.concatenate(samples)  # clips follow one another

    def _check_graph(self, num_joints: int | None) -> None:
        """Refuse a graph of other sizes than the metadata's, and a model of other joints."""
        inputs = {node.name: node.shape for node in self._session.get_inputs()}
        sizes = list(self.spec.sizes)
        if list(inputs) != [INPUT] or inputs[INPUT][1:] != sizes:
            raise ValueError(f'{self.path} takes {inputs}, but its metadata say {INPUT!r} with '
                             f'(M, T, V, C) = {sizes}. It was changed after the export; export again.')
        layout = self.spec.layout
        # The pipeline may map the joints of the data.
        expected = LAYOUTS[layout].num_joints if layout in LAYOUTS else self.spec.num_joints
        if num_joints not in (None, expected):
            named = f' ({layout})' if layout else ''
            raise ValueError(f'{self.path} is for {expected} joints{named}, but num_joints={num_joints} '
                             f'of the data. {layout_advice(num_joints, layout or None)}')

    def _check_input(self, joints: np.ndarray) -> None:
        if not isinstance(joints, np.ndarray) or joints.dtype != np.float32:
            kind = getattr(joints, 'dtype', type(joints).__name__)
            raise ValueError(f'The input is {kind}, but a NumPy array of float32 is expected. Use '
                             'np.asarray(joints, np.float32).')
        if joints.ndim != 5 or len(joints) == 0 or joints.shape[1:] != self.spec.sizes:
            raise ValueError(f'The input has the shape {joints.shape}, but {self.path} takes '
                             f'(N, M, T, V, C) = (N, {", ".join(map(str, self.spec.sizes))}) with N of '
                             'at least 1. Prepare recordings by prepare(), or export '
                             'a model of these sizes.')
        if not np.isfinite(joints).all():
            raise ValueError('The input has values that are not finite. Set missing joints to 0.')
