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
from mmengine.config import Config  # noqa: E402
from mmengine.dataset import default_collate  # noqa: E402
from mmengine.optim import build_optim_wrapper  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from mmengine.runner import Runner  # noqa: E402
from torch import Tensor  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402

from hico_mm.benchmark.cost import CLOCKS, peak_mebibytes, ratio, time_interleaved  # noqa: E402
from hico_mm.benchmark.plain_steps import CONTRASTS, PlainMoCoRecognizer  # noqa: E402
from hico_mm.datasets import write_annotation_file  # noqa: E402
from hico_mm.datasets.annotation_file import read_annotation_file  # noqa: E402
from hico_mm.datasets.layouts import NTU_RGBD  # noqa: E402
from hico_mm.datasets.transforms.normalize import normalize_skeleton  # noqa: E402
from hico_mm.models.recognizers import MoCoRecognizer  # noqa: E402
from hico_mm.paths import CONFIGS  # noqa: E402
from hico_mm.utils import iter_dicts  # noqa: E402
from hico_mm.utils.errors import readable_errors  # noqa: E402

ENCODERS = ('Transformer', 'GRU', 'LSTM')  # of HiCo
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
    """What a step works on; None is that of the method's config for NTU-60."""

    batch_size: int | None = None
    hidden_channels: int | None = None
    queue_length: int | None = None
    num_granularities: int | None = None


def read_config(name: str, size: StepSize) -> Config:
    """Read the config of a rival, or that of HiCo with one of its encoders, and set the sizes.

    Of two stages of a training, the second is measured.
    """
    cfg = Config.fromfile(CONFIGS / ('hico_ntu60.py' if name in ENCODERS else f'ntu60/{name}_ntu60.py'))
    if name in ENCODERS:
        cfg.model.backbone.s2s.type = f'S2S{name}'
    elif name == 'isc':  # the public code's GRU, which can be stepped frame by frame
        cfg.model.backbone.encoders.sequence.variant = 'released'
    if 'terms' in cfg.model.contrast:
        cfg.model.contrast.terms = [
            dict(term, begin=0) for term in cfg.model.contrast.terms if 'end' not in term]
    cfg.train_dataloader.batch_size = size.batch_size or cfg.train_dataloader.batch_size
    cfg.model.queue.length = size.queue_length or cfg.model.queue.length
    for part in iter_dicts(cfg.model.backbone):
        for option in ('hidden_channels', 'num_granularities'):
            if option in part:
                part[option] = getattr(size, option) or part[option]
    return cfg


def build_models(name: str, cfg: Config, device: str = 'cpu',
                 changes: Iterable[str] = ()) -> dict[str, MoCoRecognizer]:
    """Build the config's model as 'ours', 'plain' and 'plain+CHANGE', with the same weights."""
    models = dict(ours=MODELS.build(cfg.model))
    method = 'hico' if name in ENCODERS else name
    for form, taken in [('plain', ()), *((f'plain+{change}', (change, )) for change in changes)]:
        models[form] = MODELS.build(
            dict(cfg.model, type=PlainMoCoRecognizer, method=method, changes=taken))
    for model in models.values():
        model.load_state_dict(models['ours'].state_dict())
        model.to(device).train()
    return models


def make_step(model: MoCoRecognizer, cfg: Config, precision: str) -> Callable[[], dict]:
    """Make what MMEngine's training loop calls for each batch: data to device, losses, update."""
    optim_wrapper = build_optim_wrapper(
        model, dict(cfg.optim_wrapper, type=WRAPPERS.get(precision, 'OptimWrapper')))
    batch_size = cfg.train_dataloader.batch_size
    data = dict(  # (N, views, M, T, V, C)
        inputs=torch.randn(batch_size, len(model.prefixes) + 1, *model.backbone.input_sizes.values()),
        data_samples=[ActionDataSample() for _ in range(batch_size)])

    def step() -> dict[str, Tensor]:
        torch.set_float32_matmul_precision(precision.partition('-')[2] or 'highest')
        return model.train_step(data, optim_wrapper)

    return step


def make_steps(precision: str, name: str, cfg: Config, device: str, changes: Sequence[str],
               compile_mode: str | None) -> dict[str, Callable[[], dict]]:
    """Make the steps of all forms in one precision."""
    models = build_models(name, cfg, device, changes)
    if compile_mode:  # as MMEngine's Runner does it
        models['ours'].train_step = torch.compile(models['ours'].train_step, mode=compile_mode)
    return {form: make_step(model, cfg, precision) for form, model in models.items()}


def make_single_step(form: str, *options) -> Callable[[], dict]:
    """Make one of these steps, in the process that measures memory."""
    init_default_scope('mmaction')
    return make_steps(*options)[form]


def measure_step(name: str, cfg: Config, args: argparse.Namespace) -> Iterator[str]:
    """Time the forms of the step in turns; gives a line for each precision and form."""
    options = (name, cfg, args.device, tuple(args.changes), args.compile)
    steps = {(precision, form): step for precision in args.precision
             for form, step in make_steps(precision, *options).items()}
    wait = partial(torch.cuda.synchronize, args.device) if args.device != 'cpu' else lambda: None
    seconds = time_interleaved(steps, args.rounds, args.clock, wait)
    for (precision, form), times in seconds.items():
        median = statistics.median(times)
        parts = [f'{name} {precision} {form}: {median:.3f} s',
                 f'{cfg.train_dataloader.batch_size / median:.1f} samples/s']
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
    sizes = ', '.join(f'{name.replace("_", " ")} {value or "of the config"}'
                      for name, value in size._asdict().items())
    print(f'{sizes}; {args.device} ({threads}), torch {torch.__version__}, {args.rounds} rounds, '
          f'{args.clock} time; median (range of the rounds)')
    for name in (name for method in args.method
                 for name in (args.encoder if method == 'hico' else [method])):
        torch.manual_seed(0)
        cfg = read_config(name, size)
        for line in measure_step(name, cfg, args):
            print(line, flush=True)
        for precision in args.precision if args.profile else ():
            ours = make_step(build_models(name, cfg, args.device)['ours'], cfg, precision)
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
    command.add_argument('--method', nargs='+', choices=CONTRASTS, default=['hico'])
    command.add_argument('--encoder', nargs='+', choices=ENCODERS, default=ENCODERS, help='of HiCo')
    command.add_argument('--precision', nargs='+', choices=PRECISIONS, default=['float32', 'bfloat16'],
                         help='the others are compared with the first')
    for name in StepSize._fields:  # --batch-size and so on
        command.add_argument(f'--{name.replace("_", "-")}', type=positive,
                             help="default: that of the method's config")
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
