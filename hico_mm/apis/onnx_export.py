"""From a trained recognizer to an ONNX file that agrees with it."""
import copy
import os.path as osp
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from functools import partial
from inspect import signature

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from mmengine.config import Config
from torch import Tensor, nn

from hico_mm.models.common.s2s import S2SEncoder
from hico_mm.models.data_preprocessors import stream_of
from hico_mm.utils import atomic_write

from .inference import find_test_data, instance_feature, load_recognizer
from .onnx_model import CLS_SCORE, FEATURE, INPUT, SIZES, OnnxModel, OnnxSpec, import_optional
from .preparation import find_input

UNTRAINED = 'none'  # in the place of a checkpoint
OPSET = 17  # the first with an operator LayerNormalization
BATCH_SIZES = (1, 5)  # on which file and model are compared
# Largest deviation allowed, relative to the largest value. float32 sums of some thousand products, added
# up in another order, differ by about 1e-6 of it; a wrong graph by far more.
TOLERANCE = 1e-4


def load_for_export(cfg: Config, checkpoint: str, with_head: bool = True,
                    sizes: Sequence[int] | None = None) -> tuple[nn.Module, OnnxSpec]:
    """Build the recognizer of a config, load its weights (``'none'`` for none), and describe it.

    ``sizes`` are M, T, V and C of the input, for a backbone that does not know them.
    """
    dataset = find_test_data(cfg)
    model, classes = load_recognizer(cfg, None if checkpoint == UNTRAINED else checkpoint, with_head)
    has_head = with_head and getattr(model, 'with_cls_head', False)
    known = getattr(model.backbone, 'input_sizes', None)
    if sizes is None and known is None:
        raise ValueError(f'{type(model.backbone).__name__} does not know the sizes of its input. Give '
                         'them: --sizes M T V C, for example --sizes 2 64 25 3.')
    return model, OnnxSpec(
        *(sizes or (known[name] for name in SIZES)), stream=stream_of(model), classes=classes or [],
        layout=find_input(dataset, model.backbone).layout or '',
        output=CLS_SCORE if has_head else FEATURE, pipeline=[dict(step) for step in dataset.pipeline])


def export_onnx(model: nn.Module, spec: OnnxSpec, path: str) -> float:
    """Write a recognizer on the CPU to an ONNX file of any batch size, if the file agrees with it.

    Returns the largest deviation of the file's output, relative to the model's largest value.
    """
    for package in ('onnx', 'onnxruntime'):  # before any work
        import_optional(package)
    batches = [example(spec, size) for size in BATCH_SIZES]
    try:
        expected = [run_model(model, spec.output, batch) for batch in batches]
    except RuntimeError as error:  # torch's, of a network that does not look at its input
        raise ValueError(f'{type(model).__name__} cannot take an input (N, M, T, V, C) = '
                         f'{batches[0].shape}: {error}. Correct the sizes.') from error
    with tempfile.TemporaryDirectory() as folder:
        unchecked = osp.join(folder, 'model.onnx')
        _write(model, spec, unchecked)
        exported = OnnxModel(unchecked)
        deviation = np.max([np.abs(exported(batch) - reference).max() / np.abs(reference).max()
                            for batch, reference in zip(batches, expected, strict=True)])
        if not deviation <= TOLERANCE:  # also not a number
            raise ValueError(f'The exported graph deviates from the model by {deviation:.1e} of the '
                             f'largest value, more than {TOLERANCE:.0e}, and was not written. The '
                             'model probably branches on values, which a traced graph cannot.')
        with open(unchecked, 'rb') as source, atomic_write(path) as target:
            shutil.copyfileobj(source, target)
    return deviation


class OnnxGraph(nn.Module):
    """A recognizer as a function of one tensor, from joints to ``'cls_score'`` or ``'feature'``."""

    def __init__(self, model: nn.Module, output: str) -> None:
        super().__init__()
        self.model = model
        self.output = output
        self.eval()

    def forward(self, joints: Tensor) -> Tensor:
        """Run the model, (N, M, T, V, C) -> (N, classes) or (N, channels)."""
        to_stream = getattr(self.model.data_preprocessor, 'to_stream', None)  # MMAction2's have none
        inputs = joints if to_stream is None else to_stream(joints)
        return self.forward_stream(inputs.unsqueeze(1))  # (N, 1, M, T, V, C)

    def forward_stream(self, inputs: Tensor) -> Tensor:
        """Run the model on what its data preprocessor gives, (N, 1, M, T, V, C)."""
        if self.output == CLS_SCORE:
            return self.model.extract_feat(inputs, stage='head')[0]
        # shape[0], because len would be traced as a constant
        return instance_feature(self.model.extract_feat(inputs)[0], inputs.shape[0])


def example(spec: OnnxSpec, batch_size: int) -> np.ndarray:
    """Draw sequences (N, M, T, V, C), always the same; every other one has only its first person."""
    joints = np.random.default_rng(0).standard_normal((batch_size, *spec.sizes), np.float32)
    joints[1::2, 1:] = 0
    return joints


@torch.no_grad()
def run_model(model: nn.Module, output: str, joints: np.ndarray) -> np.ndarray:
    """Run a recognizer as a test loop does, with its own data preprocessor."""
    batch = dict(inputs=list(torch.from_numpy(joints).unsqueeze(1)),  # N of (1, M, T, V, C)
                 data_samples=[ActionDataSample() for _ in joints])
    return OnnxGraph(model, output).forward_stream(model.data_preprocessor(batch)['inputs']).numpy()


def _write(model: nn.Module, spec: OnnxSpec, path: str) -> None:
    """Trace the model and write it with its metadata."""
    onnx = import_optional('onnx')
    graph = OnnxGraph(copy.deepcopy(model), spec.output)
    for module in graph.modules():
        if isinstance(module, S2SEncoder):
            # To encode all granularities at once, it needs the batch size as a Python number, and the
            # graph would take batches of this size alone.
            module.forward_granularities = partial(S2SEncoder.forward_granularities, module)
    # With a gradient, because without one a Transformer layer is one operator, which ONNX does not have.
    joints = torch.from_numpy(example(spec, 1)).requires_grad_()
    # By tracing, which takes a second and makes one node of a GRU or LSTM layer. dynamo, in newer torch,
    # takes 20 to 80 s for these, and twice the file.
    tracing = dict(dynamo=False) if 'dynamo' in signature(torch.onnx.export).parameters else {}
    try:
        with warnings.catch_warnings(), torch.enable_grad():
            warnings.simplefilter('ignore')  # tracing warns in any case
            torch.onnx.export(
                graph, (joints, ), path, **tracing,
                opset_version=OPSET, input_names=[INPUT], output_names=[spec.output],
                dynamic_axes={INPUT: {0: 'N'}, spec.output: {0: 'N'}})
    except torch.onnx.errors.OnnxExporterError as error:
        raise ValueError(f'The model has an operator that ONNX (opset {OPSET}) lacks: {error} Write it '
                         'with other operators.') from error
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, spec.to_metadata())
    onnx.checker.check_model(proto)
    onnx.save(proto, path)
