"""Speed of the data path: from the annotation file to batches of two augmented views."""
import cProfile
import io
import pstats
import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from mmengine.config import Config
from mmengine.dataset import default_collate
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.annotation_file import read_annotation_file
from hico_mm.datasets.layouts import NTU_RGBD
from hico_mm.datasets.transforms.normalize import normalize_skeleton

from . import CONFIGS
from .interleaved import Ratio, ratio, time_interleaved
from .plain_feeder import PlainFeeder

# The stock pipeline of MMAction2's configs for GCNs, which makes one view without augmentation.
STOCK_PIPELINE = [
    dict(type='PreNormalize3D'),
    dict(type='GenSkeFeat', dataset='nturgb+d', feats=['j']),
    dict(type='UniformSampleFrames', clip_len=100),
    dict(type='PoseDecode'),
    dict(type='FormatGCNInput', num_person=2),
    dict(type='PackActionInputs'),
]
FORMS = ('plain', 'ours', 'stock')


class DataRow(NamedTuple):
    """What was measured of one form of the data path.

    Attributes:
        form: ``'plain'`` (sequences normalised beforehand), ``'ours'``, or ``'stock'``: the pipeline
            of MMAction2's own configs, which gives one view where the others give two.
        over_plain: Time over that of the plain form.
        samples_per_second: Median.
    """

    form: str
    over_plain: Ratio
    samples_per_second: float

    def __str__(self) -> str:
        return (f'{self.form}: over plain {self.over_plain}, {self.samples_per_second:.0f} '
                f'{"single-view" if self.form == "stock" else "two-view"} samples/s')


@contextmanager
def random_sequences(**options) -> Iterator[str]:
    """Give an annotation file of random skeletons for the time being.

    Args:
        **options: As of :func:`make_annotation_file`.

    Yields:
        str: Its path.
    """
    with TemporaryDirectory() as folder:
        path = str(Path(folder, 'random.pkl'))
        make_annotation_file(path, **options)
        yield path


def make_annotation_file(path: str, num_sequences: int = 512, num_frames: tuple[int, int] = (45, 91),
                         num_persons: int = 1, seed: int = 0) -> None:
    """Write random skeletons of 25 joints, one split ``'train'``.

    Args:
        path (str): Where to.
        num_sequences (int): How many. Defaults to 512.
        num_frames (tuple[int, int]): Least and greatest length. Defaults to (45, 91), whose mean is
            that of UTD-MHAD.
        num_persons (int): M, 1 or 2. Defaults to 1.
        seed (int): Not negative. Defaults to 0.
    """
    rng = np.random.default_rng(seed)
    annotations = []
    for i in range(num_sequences):
        frames = int(rng.integers(*num_frames, endpoint=True))
        keypoint = rng.normal(size=(num_persons, frames, NTU_RGBD.num_joints, 3))
        annotations.append(dict(
            frame_dir=f'random_{i:06d}', total_frames=frames, label=i % 60, keypoint=keypoint))
    write_annotation_file(path, dict(train=annotations))


def build_loaders(ann_file: str, batch_size: int = 64, num_workers: int = 0,
                  forms: Iterable[str] = FORMS) -> dict[str, DataLoader]:
    """Build the loaders of the forms of the data path, all with batches for two persons.

    Args:
        ann_file (str): One of :func:`make_annotation_file`.
        batch_size (int): N. Defaults to 64.
        num_workers (int): Processes that load, 0 for none but this one. Defaults to 0.
        forms (Iterable[str]): Some of ``FORMS``. Defaults to all.

    Returns:
        dict[str, DataLoader]: Loader of each form.
    """
    pipeline = Config.fromfile(CONFIGS / 'pipelines/ntu25.py').pretrain_pipeline
    loader = Config.fromfile(CONFIGS / 'loaders.py').train_dataloader
    loader.update(batch_size=batch_size, num_workers=num_workers,
                  persistent_workers=num_workers > 0)
    annotations = dict(type='SkeletonDataset', ann_file=ann_file, split='train', num_joints=25)

    def ours() -> DataLoader:
        dataset = dict(type='SeededDataset', dataset=dict(annotations, pipeline=pipeline))
        built = Runner.build_dataloader(dict(loader, dataset=dataset), seed=0)
        built.dataset.set_epoch(0, 0)
        return built

    def stock() -> DataLoader:
        dataset = dict(annotations, pipeline=STOCK_PIPELINE)
        return Runner.build_dataloader(
            dict(loader, dataset=dataset, collate_fn=dict(type='pseudo_collate')), seed=0)

    def plain() -> DataLoader:
        keypoints = [
            normalize_skeleton(x['keypoint'], NTU_RGBD.center, NTU_RGBD.zaxis, NTU_RGBD.xaxis)
            for x in read_annotation_file(ann_file)['annotations']]
        return DataLoader(
            PlainFeeder(keypoints), batch_size, shuffle=True, drop_last=True,
            num_workers=num_workers, persistent_workers=num_workers > 0, collate_fn=default_collate)

    makers = dict(plain=plain, ours=ours, stock=stock)
    return {form: makers[form]() for form in forms}


def measure_data(loaders: dict[str, DataLoader], rounds: int = 10, clock: str = 'cpu') -> list[DataRow]:
    """Time whole epochs of loaders without workers, in turns.

    Args:
        loaders (dict[str, DataLoader]): Those of :func:`build_loaders`, ``'plain'`` among them.
        rounds (int): Epochs of each form. Defaults to 10.
        clock (str): As of ``time_interleaved``. Defaults to ``'cpu'``.

    Returns:
        list[DataRow]: A row for each form.
    """
    seconds = time_interleaved(
        {form: epoch_of(loader) for form, loader in loaders.items()}, rounds, clock)
    return [
        DataRow(form, ratio(times, seconds['plain']),
                len(loaders[form]) * loaders[form].batch_size / statistics.median(times))
        for form, times in seconds.items()]


def epoch_of(loader: DataLoader) -> Callable[[], None]:
    """Make a function that loads all batches of an epoch.

    Args:
        loader (DataLoader): The loader.

    Returns:
        Callable: The function.
    """
    def epoch() -> None:
        for _ in loader:
            pass

    return epoch


def profile_data(loader: DataLoader, num_lines: int = 25) -> str:
    """Say which functions take most time of an epoch.

    Args:
        loader (DataLoader): A loader without workers.
        num_lines (int): How many functions. Defaults to 25.

    Returns:
        str: The table of Python's profiler.
    """
    with cProfile.Profile() as profile:
        epoch_of(loader)()
    table = io.StringIO()
    pstats.Stats(profile, stream=table).strip_dirs().sort_stats('tottime').print_stats(num_lines)
    return table.getvalue()
