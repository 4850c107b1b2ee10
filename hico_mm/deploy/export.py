"""From a trained recognizer to an ONNX file that agrees with it."""
import copy
import os.path as osp
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from torch import nn

from hico_mm.utils import atomic_write

from .contract import INPUT, Contract
from .graph import DeployGraph, encode_one_by_one
from .onnx_encoder import OnnxEncoder
from .optional import import_optional

OPSET = 17  # the first with an operator LayerNormalization
BATCH_SIZES = (1, 5)  # on which file and model are compared
# Largest deviation allowed, relative to the largest value. float32 sums of some thousand products, added
# up in another order, differ by about 1e-6 of it; a wrong graph by far more.
TOLERANCE = 1e-4


def export_onnx(model: nn.Module, contract: Contract, path: str) -> float:
    """Write a recognizer to an ONNX file of any batch size, once the file agrees with it.

    Args:
        model (nn.Module): ``MoCoRecognizer`` or ``RecognizerGCN``, on the CPU; set to evaluation.
        contract (Contract): What it takes and gives.
        path (str): The file to write; its folder is made.

    Returns:
        float: Largest deviation of the file's output from the model's, relative to the largest value.

    Raises:
        ImportError: If onnx or onnxruntime is not installed.
        ValueError: If the model refuses the contract's sizes, has an operator that ONNX does not have,
            or does not agree with its graph.
    """
    for package in ('onnx', 'onnxruntime'):  # before any work
        import_optional(package)
    model.eval()
    batches = [example(contract, size) for size in BATCH_SIZES]
    try:
        expected = [run_model(model, contract.output, batch) for batch in batches]
    except RuntimeError as error:  # torch's, of a network that does not look at its input
        raise ValueError(f'{type(model).__name__} cannot take an input (N, M, T, V, C) = '
                         f'{batches[0].shape}: {error}. Correct the sizes.') from error
    with tempfile.TemporaryDirectory() as folder:
        unchecked = osp.join(folder, 'model.onnx')
        _write(model, contract, unchecked)
        encoder = OnnxEncoder(unchecked)
        deviation = max(relative_deviation(encoder(batch), reference)
                        for batch, reference in zip(batches, expected, strict=True))
        if not deviation <= TOLERANCE:  # also not a number
            raise ValueError(f'The exported graph deviates from the model by {deviation:.1e} of the '
                             f'largest value, more than {TOLERANCE:.0e}, and was not written. What the '
                             'model does probably depends on values, which a traced graph cannot.')
        with open(unchecked, 'rb') as source, atomic_write(path) as target:
            shutil.copyfileobj(source, target)
    return deviation


def example(contract: Contract, batch_size: int) -> np.ndarray:
    """Draw sequences, in every other of them all persons but the first missing.

    Args:
        contract (Contract): Gives their sizes.
        batch_size (int): N.

    Returns:
        np.ndarray: Always the same random joints, (N, M, T, V, C) float32.
    """
    joints = np.random.default_rng(0).standard_normal((batch_size, *contract.sizes), np.float32)
    joints[1::2, 1:] = 0
    return joints


@torch.no_grad()
def run_model(model: nn.Module, output: str, joints: np.ndarray) -> np.ndarray:
    """Run a recognizer as a test loop does, with its own data preprocessor.

    Args:
        model (nn.Module): The recognizer.
        output (str): ``'cls_score'`` or ``'feature'``.
        joints (np.ndarray): Prepared sequences (N, M, T, V, C).

    Returns:
        np.ndarray: Class scores (N, classes) or features (N, channels).
    """
    batch = dict(inputs=list(torch.from_numpy(joints).unsqueeze(1)),
                 data_samples=[ActionDataSample() for _ in joints])
    return DeployGraph(model, output).forward_stream(model.data_preprocessor(batch)['inputs']).numpy()


def relative_deviation(values: np.ndarray, reference: np.ndarray) -> float:
    """Largest difference of two arrays, relative to the largest value of the second."""
    return float(np.abs(values - reference).max() / np.abs(reference).max())


def _write(model: nn.Module, contract: Contract, path: str) -> None:
    """Trace the model and write it with its metadata."""
    onnx = import_optional('onnx')
    graph = DeployGraph(encode_one_by_one(copy.deepcopy(model)), contract.output)
    try:
        with _traceable():
            # By tracing, which takes a second and makes one node of a GRU or LSTM layer, with the
            # oldest torch and the newest. dynamo takes 20 to 80 s for these, and twice the file.
            torch.onnx.export(
                graph, (torch.from_numpy(example(contract, 1)), ), path, dynamo=False,
                opset_version=OPSET, input_names=[INPUT], output_names=[contract.output],
                dynamic_axes={INPUT: {0: 'N'}, contract.output: {0: 'N'}})
    except torch.onnx.errors.OnnxExporterError as error:
        raise ValueError(f'The model does something that ONNX (opset {OPSET}) cannot: {error} '
                         'Write it with other operators.') from error
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, contract.to_metadata())
    onnx.checker.check_model(proto)
    onnx.save(proto, path)


@contextmanager
def _traceable() -> Iterator[None]:
    """Switch off what cannot be traced, and the warnings that tracing gives in any case."""
    enabled = torch.backends.mha.get_fastpath_enabled()
    # A Transformer layer as one fused operator, which ONNX does not have.
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)
