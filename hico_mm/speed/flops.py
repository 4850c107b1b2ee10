"""Multiply-adds of a network, by MMEngine's counter and what that leaves out.

The unit is one multiply-add, a * b + c: half of what others call FLOPs, and what MMAction2 publishes
under that name. Counted are products of matrices, convolutions, recurrent networks and attention; norms
as MMEngine estimates them, by 1 to 5 for each value. Not counted are biases, gates, softmax,
activations, pooling and whatever else is done value by value.
"""
from math import prod

import torch
from mmengine.analysis import FlopAnalyzer
from mmengine.analysis.jit_handles import bmm_flop_jit, einsum_flop_jit, get_shape
from torch import Tensor, nn

Values = list[torch._C.Value]  # inputs or outputs of a traced operator


def count_multiply_adds(model: nn.Module, inputs: Tensor) -> int:
    """Count the multiply-adds of a forward pass in eval mode.

    Args:
        model (nn.Module): The network.
        inputs (Tensor): What it takes, (N, ...), on its device.

    Returns:
        int: Multiply-adds for all N.
    """
    return int(analyze(model, inputs).total())


def analyze(model: nn.Module, inputs: Tensor) -> FlopAnalyzer:
    """Trace a forward pass in eval mode and count its multiply-adds by modules and operators.

    Args:
        model (nn.Module): The network.
        inputs (Tensor): What it takes, (N, ...), on its device.

    Returns:
        FlopAnalyzer: MMEngine's analysis, with the counts made; its ``unsupported_ops()`` are not
        counted.
    """
    analysis = FlopAnalyzer(model, inputs).set_op_handle(**HANDLES)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    training, fused = model.training, torch.backends.mha.get_fastpath_enabled()
    model.eval()
    # PyTorch's fused Transformer layer is a single operator, in which nothing could be counted.
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad():
            analysis.total()  # traces once; the analysis remembers
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
        model.train(training)
    return analysis


def _recurrent(inputs: Values, outputs: Values) -> int:
    """Every matrix, of each layer and direction, is applied to each token once."""
    tokens = prod(get_shape(inputs[0])[:-1])  # (N, S, D), or (sum of the lengths, D) if packed
    *_, weights = (value for value in inputs if value.node().kind() == 'prim::ListConstruct')
    shapes = [get_shape(value) for value in weights.node().inputs()]
    return tokens * sum(prod(shape) for shape in shapes if len(shape) == 2)  # the others are biases


def _attention(inputs: Values, outputs: Values) -> int:
    """Query by key, and the result by value."""
    query, key, value = (get_shape(tensor) for tensor in inputs[:3])  # (..., S, D) each
    return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _einsum(inputs: Values, outputs: Values) -> int:
    """Exact for two factors, where MMEngine's count has four digits."""
    equation = inputs[0].toIValue()
    shapes = [get_shape(value) for value in inputs[1].node().inputs()]
    if len(shapes) != 2 or '.' in equation:
        return int(einsum_flop_jit(inputs, outputs))
    letters = filter(str.isalpha, equation.partition('->')[0])
    return prod(dict(zip(letters, shapes[0] + shapes[1], strict=True)).values())


def _matmul(inputs: Values, outputs: Values) -> int:
    """Also where the second factor has axes that the first lacks, which MMEngine does not count."""
    return prod(get_shape(outputs[0])) * get_shape(inputs[0])[-1]


def _baddbmm(inputs: Values, outputs: Values) -> int:
    """Attention with a mask that returns its weights."""
    return bmm_flop_jit(inputs[1:3], outputs)


HANDLES = {
    'aten::gru': _recurrent,
    'aten::lstm': _recurrent,
    'aten::rnn_tanh': _recurrent,
    'aten::rnn_relu': _recurrent,
    'aten::scaled_dot_product_attention': _attention,
    'aten::einsum': _einsum,
    'aten::matmul': _matmul,
    'aten::baddbmm': _baddbmm,
}
