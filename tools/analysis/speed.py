"""Compare the speed of training with plain formulations of the same work, measured in turns.

``speed.py step`` times the training step on random skeletons in memory; ``speed.py data`` times the way
from an annotation file to batches of two augmented views.
"""
import argparse
import cProfile
import os
import pstats
import signal
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

os.environ.setdefault('OMP_WAIT_POLICY', 'passive')  # read when torch is loaded; see --clock

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from mmaction.registry import MODELS  # noqa: E402
from mmaction.structures import ActionDataSample  # noqa: E402
from mmaction.utils import SampleList  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.dataset import default_collate  # noqa: E402
from mmengine.optim import build_optim_wrapper  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from mmengine.runner import Runner  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402

from hico_mm.benchmark.cost import CLOCKS, peak_mebibytes, ratio, time_interleaved  # noqa: E402
from hico_mm.datasets import write_annotation_file  # noqa: E402
from hico_mm.datasets.annotation_file import read_annotation_file  # noqa: E402
from hico_mm.datasets.layouts import NTU_RGBD  # noqa: E402
from hico_mm.datasets.transforms.normalize import normalize_skeleton  # noqa: E402
from hico_mm.models.backbones.hico_encoder import DomainBranch  # noqa: E402
from hico_mm.models.recognizers import MoCoRecognizer  # noqa: E402
from hico_mm.paths import CONFIGS  # noqa: E402
from hico_mm.utils.errors import readable_errors  # noqa: E402

ENCODERS = ('Transformer', 'GRU', 'LSTM')
# After the dash: the argument of torch.set_float32_matmul_precision; on a GPU, high is TF32.
PRECISIONS = ('float32', 'float32-high', 'float32-medium', 'bfloat16', 'float16')
WRAPPERS = dict(bfloat16='BFloat16OptimWrapper', float16='AmpOptimWrapper')
COMPILE_MODES = ('default', 'reduce-overhead', 'max-autotune', 'max-autotune-no-cudagraphs')
# What our step does otherwise: one pass of a Transformer over all granularities, losses, a fused update.
CHANGES = ('granularities', 'contrast', 'momentum')
# The pipeline of MMAction2's own GCN configs, which makes one view without augmentation.
STOCK_PIPELINE = [
    dict(type='PreNormalize3D'), dict(type='GenSkeFeat', dataset='nturgb+d', feats=['j']),
    dict(type='UniformSampleFrames', clip_len=100), dict(type='PoseDecode'),
    dict(type='FormatGCNInput', num_person=2), dict(type='PackActionInputs')]


class StepSize(NamedTuple):
    """What a step works on, by default as in the paper."""

    batch_size: int = 64
    hidden_channels: int = 512
    queue_length: int = 2048
    num_granularities: int = 4


class PlainMoCoRecognizer(MoCoRecognizer):
    """``MoCoRecognizer`` whose step is written in the most direct way, but for the parts in ``changes``.

    It calls the S2S encoder once for each granularity, updates the momentum encoder parameter by
    parameter, copies the queues, and computes InfoNCE by PyTorch's operators alone.
    """

    def __init__(self, changes: Sequence[str] = (), **kwargs) -> None:
        super().__init__(**kwargs)
        self.changes = changes

    def loss(self, inputs: Tensor, data_samples: SampleList, **kwargs) -> dict[str, Tensor]:
        """Contrast two views of each sequence, (N, 2, M, T, V, C)."""
        project = self._project if 'granularities' in self.changes else plain_project
        query = project(self.backbone, self.neck, inputs[:, 0])
        with torch.no_grad():
            self._update_momentum_encoder()
            key = project(**self.momentum_encoder, view=inputs[:, 1])
        with torch.autocast(inputs.device.type, enabled=False):
            losses = self._contrast(query, key)
        for name, queue in self.queues.items():
            queue.enqueue(key[name])
        return losses

    def _update_momentum_encoder(self) -> None:
        if 'momentum' in self.changes:
            super()._update_momentum_encoder()
            return
        for name, encoder in self.momentum_encoder.items():
            for key_parameter, parameter in zip(
                    encoder.parameters(), getattr(self, name).parameters(), strict=True):
                key_parameter.mul_(self.momentum).add_(parameter, alpha=1 - self.momentum)

    def _contrast(self, query: Mapping[str, Tensor], key: Mapping[str, Tensor]) -> dict[str, Tensor]:
        # Copies, because the queues change in place before the backward pass.
        queues = {name: queue.features.clone() for name, queue in self.queues.items()}
        if 'contrast' in self.changes:
            return self.contrast(query, key, queues)
        losses = plain_contrast(query, key, queues, self.contrast.temperature)
        return {f'loss_{level}': self.contrast.weights[level] * loss
                for level, loss in losses.items()}


def plain_project(backbone: nn.Module, neck: nn.Module, view: Tensor) -> dict[str, Tensor]:
    """Encode and project one view (N, M, T, V, C): name -> (N, D) or (N, L, D)."""
    frames = view.permute(0, 2, 1, 3, 4).flatten(2)  # (N, T, M * V * C)
    joints = view.permute(0, 1, 3, 2, 4).flatten(3).flatten(1, 2)  # (N, M * V, T * C)
    clip = plain_encode(backbone.temporal, frames)  # (N, L, D)
    part = plain_encode(backbone.spatial, joints)  # (N, L, D)
    temporal, spatial = clip.flatten(1), part.flatten(1)  # (N, L * D)
    features = dict(clip=clip, part=part, temporal=temporal, spatial=spatial,
                    instance=torch.cat([temporal, spatial], dim=1))
    return {name: F.normalize(feature.float(), dim=-1) for name, feature in neck(features).items()}


def plain_encode(branch: DomainBranch, tokens: Tensor) -> Tensor:
    """Encode the tokens of one domain (N, S, channels), one granularity after the other: (N, L, D)."""
    x = branch.embedding(tokens)  # (N, S, D)
    features = [branch.s2s(x).amax(dim=1)]
    for _ in range(1, branch.num_granularities):
        x = branch.udm(x)
        features.append(branch.s2s(x).amax(dim=1))
    return torch.stack(features, dim=1)


def plain_contrast(query: Mapping[str, Tensor], key: Mapping[str, Tensor], queue: Mapping[str, Tensor],
                   temperature: float) -> dict[str, Tensor]:
    """Compute the losses of the four levels (Eq. 8 to 11), each a mean over the batch."""
    def info_nce(anchor: Tensor, positives: Tensor, negatives: Tensor) -> Tensor:
        positive = torch.einsum('nd,npd->np', anchor, positives) / temperature  # (N, P)
        negative = anchor @ negatives.T / temperature  # (N, K)
        both = torch.cat([positive, negative], dim=1)
        return (both.logsumexp(1) - positive.logsumexp(1)).mean()

    return dict(
        instance=info_nce(query['instance'], key['instance'][:, None], queue['instance']),
        domain=info_nce(query['temporal'], key['spatial'][:, None], queue['spatial'])
        + info_nce(query['spatial'], key['temporal'][:, None], queue['temporal']),
        clip=info_nce(query['clip'][:, 0], key['clip'], queue['clip']),
        part=info_nce(query['part'][:, 0], key['part'], queue['part']))


def build_models(encoder: str, size: StepSize, device: str = 'cpu',
                 changes: Iterable[str] = ()) -> dict[str, MoCoRecognizer]:
    """Build the configs' model as 'ours', 'plain' and 'plain+CHANGE', with the same weights."""
    cfg = Config.fromfile(CONFIGS / '_base_/models/hico.py').model
    cfg.backbone.update(hidden_channels=size.hidden_channels, s2s=dict(type=f'S2S{encoder}'),
                        num_granularities=size.num_granularities)
    cfg.queue.length = size.queue_length
    models = dict(ours=MODELS.build(cfg))
    for name, taken in [('plain', ()), *((f'plain+{change}', (change, )) for change in changes)]:
        models[name] = MODELS.build(dict(cfg, type=PlainMoCoRecognizer, changes=taken))
    for model in models.values():
        model.load_state_dict(models['ours'].state_dict())
        model.to(device).train()
    return models


def make_step(model: nn.Module, size: StepSize, precision: str) -> Callable[[], None]:
    """Make what MMEngine's training loop calls for each batch: data to device, losses, update."""
    wrapper = Config.fromfile(CONFIGS / '_base_/schedules/pretrain_451e.py').optim_wrapper
    wrapper.type = WRAPPERS.get(precision, 'OptimWrapper')
    optim_wrapper = build_optim_wrapper(model, wrapper)
    data = dict(inputs=torch.randn(size.batch_size, 2, 2, 64, 25, 3),  # (N, views, M, T, V, C)
                data_samples=[ActionDataSample() for _ in range(size.batch_size)])

    def step() -> None:
        torch.set_float32_matmul_precision(precision.partition('-')[2] or 'highest')
        model.train_step(data, optim_wrapper)

    return step


def make_steps(precision: str, encoder: str, size: StepSize, device: str, changes: Sequence[str],
               compile_mode: str | None) -> dict[str, Callable[[], None]]:
    """Make the steps of all forms in one precision."""
    models = build_models(encoder, size, device, changes)
    if compile_mode:  # as MMEngine's Runner does it
        models['ours'].train_step = torch.compile(models['ours'].train_step, mode=compile_mode)
    return {form: make_step(model, size, precision) for form, model in models.items()}


def make_single_step(form: str, *options) -> Callable[[], None]:
    """Make one of these steps, in the process that measures memory."""
    init_default_scope('mmaction')
    return make_steps(*options)[form]


def measure_step(encoder: str, size: StepSize, args: argparse.Namespace) -> Iterator[str]:
    """Time the forms of the step in turns; gives a line for each precision and form."""
    options = (encoder, size, args.device, tuple(args.changes), args.compile)
    steps = {(precision, form): step for precision in args.precision
             for form, step in make_steps(precision, *options).items()}
    wait = partial(torch.cuda.synchronize, args.device) if args.device != 'cpu' else lambda: None
    seconds = time_interleaved(steps, args.rounds, args.clock, wait)
    for (precision, form), times in seconds.items():
        median = statistics.median(times)
        parts = [f'{encoder} {precision} {form}: {median:.3f} s',
                 f'{size.batch_size / median:.1f} samples/s']
        memory = peak_mebibytes(partial(make_single_step, form, precision, *options), args.device)
        if memory is not None:
            parts.append(f'peak memory {memory:.0f} MiB')
        if form != 'plain':
            parts.append(f'time over plain {ratio(times, seconds[precision, "plain"])}')
        if (first := args.precision[0]) != precision:
            parts.append(f'over the first precision {ratio(times, seconds[first, form])}')
        yield ', '.join(parts)


def step(args: argparse.Namespace) -> None:
    if args.device == 'cpu' and 'float16' in args.precision:
        raise ValueError('--precision float16 needs a GPU; a CPU has bfloat16.')
    size = StepSize(**{name: getattr(args, name) for name in StepSize._fields})
    threads = f'{torch.get_num_threads()} threads' if args.device == 'cpu' else (
        torch.cuda.get_device_name(args.device))
    sizes = ', '.join(f'{name.replace("_", " ")} {value}' for name, value in size._asdict().items())
    print(f'{sizes}; {args.device} ({threads}), torch {torch.__version__}, {args.rounds} rounds, '
          f'{args.clock} time; median (range of the rounds)')
    for encoder in args.encoder:
        torch.manual_seed(0)
        for line in measure_step(encoder, size, args):
            print(line, flush=True)
        for precision in args.precision if args.profile else ():
            ours = make_step(build_models(encoder, size, args.device)['ours'], size, precision)
            with torch.profiler.profile() as profile:
                ours()
            print(profile.key_averages().table(
                sort_by=f'self_{torch.device(args.device).type}_time_total', row_limit=15,
                max_name_column_width=50))


class PlainFeeder(Dataset):
    """Two augmented views of normalised sequences (M, T, V, C), made one by one as in the released code.

    In an array of its layout, zeros stand for absent persons and after the end of a sequence. A sequence
    is copied, cropped twice by ``F.interpolate``, and augmented in NumPy. Draws cannot be repeated.
    """

    clip_len = 64
    min_ratio = 0.1  # smallest part of a sequence to keep
    corrupted = 15  # joints
    amplitude = 1.0  # largest shear factor

    def __init__(self, keypoints: Sequence[np.ndarray]) -> None:
        num_frames = max(300, *(keypoint.shape[1] for keypoint in keypoints))  # 300: the released arrays
        _, _, joints, channels = keypoints[0].shape
        size = len(keypoints), channels, num_frames, joints, 2  # (N, C, T, V, M)
        self.arrays = np.zeros(size, np.float32)
        for array, keypoint in zip(self.arrays, keypoints, strict=True):
            array[:, :keypoint.shape[1], :, :len(keypoint)] = keypoint.transpose(3, 1, 2, 0)

    def __len__(self) -> int:
        return len(self.arrays)

    def __getitem__(self, index: int) -> np.ndarray:
        """Two views of a sequence, (2, C, clip_len, V, M)."""
        array = np.array(self.arrays[index])
        num_frames = int(array.any(axis=(0, 2, 3)).sum())
        return np.stack([self._augment(self._crop(array[:, :num_frames])) for _ in range(2)])

    def _crop(self, array: np.ndarray) -> np.ndarray:
        channels, frames, joints, persons = array.shape
        length = max(int(frames * np.random.uniform(self.min_ratio, 1)), self.clip_len)
        length = min(length, frames)
        start = np.random.randint(frames - length + 1)
        crop = torch.tensor(array[:, start:start + length]).permute(0, 2, 3, 1)  # (C, V, M, T)
        crop = crop.reshape(1, -1, length, 1)
        crop = F.interpolate(crop, size=(self.clip_len, 1), mode='bilinear', align_corners=False)
        crop = crop.reshape(channels, joints, persons, self.clip_len)
        return crop.permute(0, 3, 1, 2).contiguous().numpy()  # (C, clip_len, V, M)

    def _augment(self, array: np.ndarray) -> np.ndarray:
        channels = len(array)
        if np.random.rand() < 0.5:
            joints = np.random.choice(array.shape[2], self.corrupted, replace=False)
            if np.random.rand() < 0.5:
                array[:, :, joints] = 0
            else:
                matrix = np.random.uniform(-1, 1, (channels, channels))
                array[:, :, joints] = multiply_channels(array[:, :, joints], matrix)
            return array
        matrix = np.random.uniform(-self.amplitude, self.amplitude, (channels, channels))
        np.fill_diagonal(matrix, 1)
        return multiply_channels(array, matrix).astype(np.float32)


def multiply_channels(array: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Multiply the channels of an array (C, T, V, M) by a matrix (C, C)."""
    return np.dot(array.transpose(1, 2, 3, 0), matrix).transpose(3, 0, 1, 2)


def write_random_sequences(path: str, number: int, frames: Sequence[int], num_persons: int) -> None:
    """Write random skeletons of 25 joints, with least and most frames, in one split ``'train'``."""
    rng = np.random.default_rng(0)
    annotations = []
    for i in range(number):
        length = int(rng.integers(*frames, endpoint=True))
        keypoint = rng.normal(size=(num_persons, length, NTU_RGBD.num_joints, 3))  # (M, T, V, C)
        annotations.append(dict(frame_dir=f'random_{i:06d}', total_frames=length, label=i % 60,
                                keypoint=keypoint))
    write_annotation_file(path, dict(train=annotations))


def build_loaders(ann_file: str, batch_size: int) -> dict[str, DataLoader]:
    """Build the loader of each form of the data path, all with batches for two persons."""
    pipeline = Config.fromfile(CONFIGS / '_base_/pipelines/ntu25.py').pretrain_pipeline
    loader = Config.fromfile(CONFIGS / '_base_/loaders.py').train_dataloader
    loader.update(batch_size=batch_size, num_workers=0, persistent_workers=False)
    annotations = dict(type='SkeletonDataset', ann_file=ann_file, split='train', num_joints=25)

    normalised = [normalize_skeleton(x['keypoint'], NTU_RGBD.center, NTU_RGBD.zaxis, NTU_RGBD.xaxis)
                  for x in read_annotation_file(ann_file)['annotations']]
    plain = DataLoader(PlainFeeder(normalised), batch_size, shuffle=True, drop_last=True,
                       collate_fn=default_collate)
    loader.dataset = dict(type='SeededDataset', dataset=dict(annotations, pipeline=pipeline))
    ours = Runner.build_dataloader(loader, seed=0)
    ours.dataset.set_epoch(0, 0)
    loader.dataset = dict(annotations, pipeline=STOCK_PIPELINE)
    loader.collate_fn = dict(type='pseudo_collate')
    stock = Runner.build_dataloader(loader, seed=0)
    return dict(plain=plain, ours=ours, stock=stock)


def load_all(loader: DataLoader) -> None:
    """Load all batches of an epoch."""
    for _ in loader:
        pass


def measure_data(loaders: Mapping[str, DataLoader], rounds: int, clock: str) -> Iterator[str]:
    """Time epochs of the loaders in turns; gives a line for each."""
    epochs = {form: partial(load_all, loader) for form, loader in loaders.items()}
    seconds = time_interleaved(epochs, rounds, clock)
    for form, times in seconds.items():
        samples = len(loaders[form]) * loaders[form].batch_size
        views = 'single-view' if form == 'stock' else 'two-view'
        yield (f'{form}: over plain {ratio(times, seconds["plain"])}, '
               f'{samples / statistics.median(times):.0f} {views} samples/s')


def data(args: argparse.Namespace) -> None:
    if args.sequences < args.batch_size:
        raise ValueError(f'--sequences is {args.sequences}, but a batch has {args.batch_size}.')
    if args.frames[0] > args.frames[1]:
        raise ValueError(f'--frames is {args.frames[0]} {args.frames[1]}; give the least first.')
    torch.set_num_threads(1)
    print(f'{args.sequences} sequences of {args.frames[0]} to {args.frames[1]} frames and '
          f'{args.persons} persons, batch {args.batch_size}, one core, {args.rounds} rounds, '
          f'{args.clock} time; median (range of the rounds)')
    with TemporaryDirectory() as folder:
        path = str(Path(folder, 'random.pkl'))
        write_random_sequences(path, args.sequences, args.frames, args.persons)
        loaders = build_loaders(path, args.batch_size)
        for line in measure_data(loaders, args.rounds, args.clock):
            print(line, flush=True)
        if args.profile:
            with cProfile.Profile() as profile:
                load_all(loaders['ours'])
            pstats.Stats(profile).strip_dirs().sort_stats('tottime').print_stats(25)


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f'{text!r} is no positive number')
    return int(text)


def device(text: str) -> str:
    """Read the name of a device that is there."""
    try:
        torch.zeros(1, device=text)
    except (RuntimeError, AssertionError) as error:  # AssertionError: torch without CUDA
        raise argparse.ArgumentTypeError(f'{text!r} cannot be used: {error}') from error
    return text


def add_arguments(command: argparse.ArgumentParser, rounds: int, clock: str, profiled: str) -> None:
    """Add what both commands have."""
    command.add_argument('--rounds', type=positive, default=rounds,
                         help=f'steps or epochs of each form; default: {rounds}')
    command.add_argument('--clock', choices=CLOCKS, default=clock, help='cpu: time of all threads of '
                         f'the process, for a machine that is not idle; default: {clock}')
    command.add_argument('--profile', action='store_true', help=f'also print {profiled} time')


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest='command', required=True)

    command = commands.add_parser('step', help='a training step, on random skeletons in memory')
    command.set_defaults(run=step)
    add_arguments(command, rounds=5, clock='wall', profiled="the operators that take most of our step's")
    command.add_argument('--device', type=device, default='cuda' if torch.cuda.is_available() else 'cpu')
    command.add_argument('--encoder', nargs='+', choices=ENCODERS, default=ENCODERS)
    command.add_argument('--precision', nargs='+', choices=PRECISIONS, default=['float32', 'bfloat16'],
                         help='the others are compared with the first')
    for name, value in StepSize()._asdict().items():  # --batch-size and so on
        command.add_argument(f'--{name.replace("_", "-")}', type=positive, default=value,
                             help=f'default: {value}, as in the paper')
    command.add_argument('--changes', nargs='+', choices=CHANGES, default=(),
                         help='also measure the plain step with one of these parts taken from ours')
    command.add_argument('--compile', nargs='?', const='default', choices=COMPILE_MODES,
                         help="compile our step, by one of torch.compile's modes")

    command = commands.add_parser('data', help='from the annotation file to batches, on one core')
    command.set_defaults(run=data)
    add_arguments(command, rounds=10, clock='cpu', profiled='the functions that take most of our')
    command.add_argument('--sequences', type=positive, default=512, help='how many; default: 512')
    command.add_argument('--frames', type=positive, nargs=2, default=(45, 91), metavar=('LEAST', 'MOST'),
                         help='their lengths; default: 45 91, on average those of UTD-MHAD')
    command.add_argument('--persons', type=int, choices=(1, 2), default=1,
                         help='in a sequence; batches have room for two. Default: 1')
    command.add_argument('--batch-size', type=positive, default=64)
    return parser.parse_args(argv)


def main() -> None:
    init_default_scope('mmaction')
    args = parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no temporary file is left behind
    with readable_errors():
        args.run(args)


if __name__ == '__main__':
    main()
