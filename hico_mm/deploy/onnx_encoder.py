import os
import os.path as osp

import numpy as np

from hico_mm.datasets.layouts import LAYOUTS, layout_advice
from hico_mm.models.backbones.encoder import describe_misfit

from .contract import INPUT, SIZES, Contract
from .optional import import_optional


class OnnxEncoder:
    """A model exported by ``tools/deployment/export_onnx.py``, run by onnxruntime on the CPU.

    ``encoder.contract`` says what it takes and gives: sizes, layout, stream, class names, and the
    ``pipeline`` by which a sequence is prepared.

    Args:
        path (str or os.PathLike): The ONNX file.
        num_joints (int, optional): V of the data it is meant for, to know at once whether they fit.
            Defaults to None (known at the first call).
        num_threads (int): Threads of one call; 0 for one on each core. Defaults to 0.

    Raises:
        ImportError: If onnxruntime is not installed.
        FileNotFoundError: If there is no such file.
        ValueError: If it is no ONNX file, was exported by something else, or is for another number of
            joints.
    """

    def __init__(self, path: str | os.PathLike, num_joints: int | None = None,
                 num_threads: int = 0) -> None:
        onnxruntime = import_optional('onnxruntime')
        if not osp.isfile(path):
            raise FileNotFoundError(f'Exported model {path} does not exist (looked for '
                                    f'{osp.abspath(path)}). Check the path, or export one: python '
                                    'tools/deployment/export_onnx.py CONFIG CHECKPOINT OUT.')
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
        self.contract = Contract.from_metadata(
            self._session.get_modelmeta().custom_metadata_map, path)
        self._check_graph(num_joints)

    def __call__(self, joints: np.ndarray) -> np.ndarray:
        """Run the model on a batch.

        Args:
            joints (np.ndarray): Sequences as the pipeline prepares them, (N, M, T, V, C) float32; N
                is any. The clip axis of a sample, (1, M, T, V, C), serves as N.

        Returns:
            np.ndarray: Class scores before the softmax (N, classes), or instance features
            (N, channels), as ``contract.output`` says; float32.

        Raises:
            ValueError: If the array has another shape or type, or values that are not finite.
        """
        self._check_input(joints)
        return self._session.run(None, {INPUT: joints})[0]

    def __repr__(self) -> str:
        contract = self.contract
        return (f'{type(self).__name__}(path={self.path!r}, sizes={contract.sizes}, '
                f'layout={contract.layout!r}, stream={contract.stream!r}, output={contract.output!r})')

    def _check_graph(self, num_joints: int | None) -> None:
        """Refuse a graph of other sizes than the metadata's, and a model of other joints."""
        inputs = {node.name: node.shape for node in self._session.get_inputs()}
        sizes = list(self.contract.sizes)
        if list(inputs) != [INPUT] or inputs[INPUT][1:] != sizes:
            raise ValueError(f'{self.path} takes {inputs}, but its metadata say {INPUT!r} with '
                             f'(M, T, V, C) = {sizes}. It was changed after the export; export again.')
        layout = self.contract.layout
        # The pipeline may map the joints of the data.
        expected = LAYOUTS[layout].num_joints if layout in LAYOUTS else self.contract.num_joints
        if num_joints not in (None, expected):
            named = f' ({layout})' if layout else ''
            raise ValueError(f'{self.path} is for {expected} joints{named}, but num_joints={num_joints} '
                             f'of the data. {layout_advice(num_joints, layout or None)}')

    def _check_input(self, joints: np.ndarray) -> None:
        wanted = dict(zip(SIZES, self.contract.sizes, strict=True))
        if not isinstance(joints, np.ndarray) or joints.dtype != np.float32:
            kind = joints.dtype if isinstance(joints, np.ndarray) else type(joints).__name__
            raise ValueError(f'The input is {kind}, but a NumPy array of float32 is expected. Use '
                             'np.asarray(joints, np.float32).')
        if joints.ndim != 5 or len(joints) == 0:
            raise ValueError(f'The input has the shape {joints.shape}, but (N, M, T, V, C) = (N, '
                             f'{", ".join(map(str, wanted.values()))}) with N of at least 1 is '
                             'expected. Prepare sequences by contract.pipeline, and put them on one '
                             'first axis.')
        if wrong := describe_misfit(wanted, joints.shape):
            raise ValueError(f'The input (N, M, T, V, C) = {joints.shape} does not fit {self.path}: '
                             f'{wrong}. Prepare it by contract.pipeline, or export a model '
                             'of these sizes.')
        if not np.isfinite(joints).all():
            raise ValueError('The input has values that are not finite. Set missing joints to 0.')
