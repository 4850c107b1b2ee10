"""What encoders cost: parameters, multiply-adds, speed and memory.

One multiply-add is a * b + c: half of what others call FLOPs, and what MMAction2 publishes under that
name. Counted are products of matrices, convolutions, recurrent networks and attention, and norms by
MMEngine's estimate of 1 to 5 for each value. Not counted are biases, gates, softmax, activations,
pooling and other operators that work value by value.
"""
import ctypes
import os
import re
import signal
import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import prod
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from mmaction.registry import MODELS
from mmengine.analysis import FlopAnalyzer
from mmengine.analysis.jit_handles import bmm_flop_jit, einsum_flop_jit, get_shape
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmengine.utils import import_modules_from_strings
from torch import Tensor, nn

from hico_mm.utils import iter_dicts, type_name
from hico_mm.utils.progress import track_by_name
from hico_mm.utils.provenance import device_name

CLOCKS = dict(wall=time.perf_counter, cpu=time.process_time)
CLEAR_REFS = Path('/proc/self/clear_refs')  # of Linux
NUM_PERSONS, NUM_FRAMES = 2, 100  # of a random sequence before the pipeline

Form = TypeVar('Form')
Values = list[torch._C.Value]  # inputs or outputs of a traced operator


def ratio(numerator: list[float], denominator: list[float]) -> str:
    """Divide the seconds of two forms round by round; print the median and the range."""
    ratios = [a / b for a, b in zip(numerator, denominator, strict=True)]
    return f'{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})'


def time_interleaved(forms: Mapping[Form, Callable[[], object]], rounds: int, clock: str = 'wall',
                     wait: Callable[[], None] = lambda: None) -> dict[Form, list[float]]:
    """Time forms of the same work in turns, so that other load on the machine slows all of them alike.

    The clock ``'cpu'`` sums all threads of this process; a busy machine disturbs it less. ``wait``
    returns when the device has finished. Gives the seconds of each form, round by round.
    """
    now = CLOCKS[clock]
    seconds = {name: [] for name in forms}
    for index in range(rounds + 1):  # round 0 warms up and does not count
        # Every other round goes backwards, so that no form always follows the same one.
        for name, form in list(forms.items())[::1 if index % 2 else -1]:
            wait()
            start = now()
            form()
            wait()
            if index > 0:
                seconds[name].append(now() - start)
    return seconds


def peak_mebibytes(make_work: Callable[[], Callable[[], None]], device: str) -> float | None:
    """Measure how many MiB a piece of work takes at its peak, on top of what is there before.

    The work is done twice and measured the second time, because the first time also takes what stays.
    On a CPU a new process does it, since gaps in the heap of this one would count, too. So ``make_work``
    has to be picklable. Gives None on a CPU of another system than Linux.
    """
    if device != 'cpu':
        work = make_work()
        work()
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        work()
        return (torch.cuda.max_memory_allocated(device) - before) / 2**20
    if not CLEAR_REFS.exists():
        return None
    environment = dict(os.environ)
    # The default threshold of glibc, given explicitly, stays fixed: freed large tensors are given back.
    os.environ.update(OMP_NUM_THREADS=str(torch.get_num_threads()), MALLOC_MMAP_THRESHOLD_=str(2**17))
    try:
        # Ctrl-C is for this process, which ends the other one.
        with ProcessPoolExecutor(1, get_context('spawn'), signal.signal,
                                 (signal.SIGINT, signal.SIG_IGN)) as pool:
            return pool.submit(_peak_of_process, make_work).result()
    finally:
        os.environ.clear()
        os.environ.update(environment)


def _peak_of_process(make_work: Callable[[], Callable[[], None]]) -> float:
    work = make_work()
    work()
    ctypes.CDLL(None).malloc_trim(0)  # give back what was freed earlier
    CLEAR_REFS.write_text('5')  # restart the kernel's record of the peak
    before = _read_size('VmRSS')
    work()
    return _read_size('VmHWM') - before


def _read_size(name: str) -> float:
    status = Path('/proc/self/status').read_text()
    return int(re.search(rf'^{name}:\s+(\d+) kB', status, re.MULTILINE)[1]) / 2**10  # in MiB


def analyze(model: nn.Module, inputs: Tensor | tuple[Tensor, ...]) -> FlopAnalyzer:
    """Count the multiply-adds of a forward pass in eval mode: ``total()`` is for all of the inputs."""
    # With a gradient, because without one PyTorch's Transformer layer is a single operator, inside which
    # nothing could be counted.
    inputs = inputs if isinstance(inputs, tuple) else (inputs, )
    inputs = tuple(x.detach().requires_grad_() for x in inputs)
    analysis = FlopAnalyzer(model, inputs).set_op_handle(**HANDLES)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    training = model.training
    model.eval()
    try:
        with torch.enable_grad():
            analysis.total()  # traces once; the analysis remembers
    finally:
        model.train(training)
    return analysis


def count_parameters(encoder: nn.Module) -> int:
    """Count the weights behind the instance feature: in a group, those of some encoders only."""
    members = [getattr(encoder, name) for name in getattr(encoder, 'instance', ())] or [encoder]
    return sum(weight.numel() for member in members for weight in member.parameters())


def _recurrent(inputs: Values, outputs: Values) -> int:
    """Apply every matrix, of each layer and direction, to each token once."""
    tokens = prod(get_shape(inputs[0])[:-1])  # of (N, S, D)
    *_, weights = (value for value in inputs if value.node().kind() == 'prim::ListConstruct')
    shapes = [get_shape(value) for value in weights.node().inputs()]
    return tokens * sum(prod(shape) for shape in shapes if len(shape) == 2)  # the others are biases


def _attention(inputs: Values, outputs: Values) -> int:
    """Multiply query by key, and the result by value."""
    query, key, value = (get_shape(tensor) for tensor in inputs[:3])  # (..., S, D) each
    return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _einsum(inputs: Values, outputs: Values) -> int:
    """Count two factors exactly, where MMEngine's count has four digits."""
    equation = inputs[0].toIValue()
    shapes = [get_shape(value) for value in inputs[1].node().inputs()]
    if len(shapes) != 2 or '.' in equation:
        return int(einsum_flop_jit(inputs, outputs))
    letters = filter(str.isalpha, equation.partition('->')[0])
    return prod(dict(zip(letters, shapes[0] + shapes[1], strict=True)).values())


def _matmul(inputs: Values, outputs: Values) -> int:
    """Count also where the second factor has axes that the first lacks, which MMEngine does not."""
    return prod(get_shape(outputs[0])) * get_shape(inputs[0])[-1]


HANDLES = {
    **dict.fromkeys(('aten::gru', 'aten::lstm', 'aten::rnn_tanh', 'aten::rnn_relu'), _recurrent),
    'aten::scaled_dot_product_attention': _attention,
    'aten::einsum': _einsum,
    'aten::matmul': _matmul,
    # attention with a mask that returns its weights
    'aten::baddbmm': lambda inputs, outputs: bmm_flop_jit(inputs[1:3], outputs),
}


def make_samples(cfg: Config, backbone: nn.Module, number: int) -> list[dict]:
    """Run the training pipeline of a config on random sequences, in place of its data set."""
    if hasattr(backbone, 'input_sizes'):  # an encoder of this package
        num_joints = backbone.input_sizes['num_joints']
    elif hasattr(backbone, 'graph'):  # a graph network of MMAction2
        num_joints = backbone.graph.num_node
    else:
        raise ValueError(f'{type(backbone).__name__} does not say how many joints it takes: it has '
                         "neither input_sizes, as HiCoEncoder, nor a graph, as MMAction2's STGCN.")
    node = next((node for node in iter_dicts(cfg.get('train_dataloader')) if 'pipeline' in node), None)
    if node is None:
        raise ValueError(f'{cfg.filename} has no pipeline in train_dataloader, from which the shape of '
                         'the input follows. Give a config that trains.')
    # MMAction2's pipelines for image coordinates append a score as the third coordinate.
    in_image = any(type_name(transform) == 'PreNormalize2D' for transform in node['pipeline'])
    num_coords = 2 if in_image else node.get('num_coords', 3)
    pipeline, rng = Compose(node['pipeline']), np.random.default_rng(0)
    samples = []
    for index in range(number):
        keypoint = rng.normal(size=(NUM_PERSONS, NUM_FRAMES, num_joints, num_coords))  # (M, T, V, C)
        score = dict(keypoint_score=np.ones(keypoint.shape[:-1], np.float32)) if in_image else {}
        samples.append(pipeline(dict(
            frame_dir=f'random_{index}', label=0, total_frames=NUM_FRAMES,
            keypoint=keypoint.astype(np.float32), **score)))
    return samples


class Subject:
    """The model of a config with a batch of the config's size, to be measured."""

    def __init__(self, cfg: Config, device: str) -> None:
        if 'custom_imports' in cfg:  # which the process that measures memory has not imported yet
            import_modules_from_strings(**cfg.custom_imports)
        init_default_scope(cfg.get('default_scope', 'mmaction'))
        self.model = MODELS.build(cfg.model).to(device).train()
        self.batch_size = cfg.train_dataloader.batch_size
        self._optim_wrapper = build_optim_wrapper(self.model, cfg.optim_wrapper)
        samples = make_samples(cfg, self.model.backbone, self.batch_size)
        self._batch = next(iter(Runner.build_dataloader(dict(
            cfg.train_dataloader, dataset=samples, num_workers=0, persistent_workers=False))))
        self.sequences = self.model.data_preprocessor(self._batch)['inputs'][:, 0]  # (N, M, T, V, C)

    def train_step(self) -> None:
        """Do what MMEngine's training loop does with a batch."""
        self.model.train_step(self._batch, self._optim_wrapper)

    @torch.no_grad()
    def encode(self) -> None:
        """Run the encoder alone, on one view or clip of each sequence."""
        self.model.backbone(self.sequences)


def make_train_step(cfg: Config, device: str) -> Callable[[], None]:
    return Subject(cfg, device).train_step


def measure_costs(cfgs: Mapping[str, Config], rounds: int = 5, clock: str = 'wall',
                  training: bool = True) -> dict[str, dict]:
    """Measure the encoders of configs side by side, on the GPU if there is one; gives costs by name.

    The configs are of pre-trainings, or of MMAction2's ``RecognizerGCN``, with own classes in their
    ``custom_imports``. The data are random sequences that went through each config's training pipeline,
    in batches of the config's size.

    Of the encoder are ``parameters``, ``multiply_adds`` (for one sequence with all persons) and
    ``inference_samples_per_second``; of a training step of the whole model
    ``training_samples_per_second`` and ``training_memory_mib``, its peak on top of weights and the
    optimizer's state (None where it cannot be read). Without ``training`` these two are left out.
    """
    if rounds < 1:
        raise ValueError(f'rounds={rounds} measures nothing. Give 1 or more.')
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    wait = torch.cuda.synchronize if device == 'cuda' else lambda: None
    subjects = {name: Subject(cfg, device) for name, cfg in track_by_name(cfgs, 'model built')}

    def samples_per_second(work: dict[str, Callable[[], None]]) -> dict[str, float]:
        seconds = time_interleaved(work, rounds, clock, wait)
        return {name: subjects[name].batch_size / statistics.median(times)
                for name, times in seconds.items()}

    of_training = {name: {} for name in cfgs}
    if training:
        speed = samples_per_second({name: x.train_step for name, x in subjects.items()})
        for name, cfg in track_by_name(cfgs, 'memory measured'):
            memory = peak_mebibytes(partial(make_train_step, cfg, device), device)
            of_training[name] = dict(
                training_samples_per_second=speed[name], training_memory_mib=memory)
    for subject in subjects.values():
        subject.model.eval()
    inference = samples_per_second({name: x.encode for name, x in subjects.items()})
    return {
        name: dict(
            parameters=count_parameters(x.model.backbone),
            multiply_adds=int(analyze(x.model.backbone, x.sequences[:1]).total()),
            inference_samples_per_second=inference[name], **of_training[name],
            settings=dict(batch_size=x.batch_size, device=device_name(), rounds=rounds, clock=clock,
                          threads=torch.get_num_threads()))
        for name, x in subjects.items()}
