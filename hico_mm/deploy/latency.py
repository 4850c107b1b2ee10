import statistics
from collections.abc import Iterator

import torch
from torch import nn

from hico_mm.speed.interleaved import ratio, time_interleaved

from .contract import Contract
from .export import example
from .graph import DeployGraph
from .onnx_encoder import OnnxEncoder
from .optional import import_optional


def measure_latency(model: nn.Module, contract: Contract, path: str, rounds: int,
                    clock: str = 'wall') -> Iterator[str]:
    """Time one sequence on one CPU core, by PyTorch and by onnxruntime in turns.

    Args:
        model (nn.Module): The recognizer, on the CPU.
        contract (Contract): What it takes and gives.
        path (str): The file that it was exported to.
        rounds (int): How often each is run.
        clock (str): See :func:`~hico_mm.speed.interleaved.time_interleaved`. Defaults to ``'wall'``.

    Yields:
        str: A line for each of the two, and one for their ratio.
    """
    encoder = OnnxEncoder(path, num_threads=1)
    graph = DeployGraph(model, contract.output)  # without the changes that tracing needs
    joints = example(contract, 1)
    tensor = torch.from_numpy(joints)
    pytorch = f'PyTorch {torch.__version__}'
    onnxruntime = f'onnxruntime {import_optional("onnxruntime").__version__}'

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            seconds = time_interleaved(
                {pytorch: lambda: graph(tensor), onnxruntime: lambda: encoder(joints)}, rounds, clock)
    finally:
        torch.set_num_threads(threads)
    for name, values in seconds.items():
        low, middle, high = (1e3 * f(values) for f in (min, statistics.median, max))
        yield f'{name}: {middle:.2f} ms ({low:.2f} to {high:.2f})'
    yield f'onnxruntime / PyTorch: {ratio(seconds[onnxruntime], seconds[pytorch])}'
