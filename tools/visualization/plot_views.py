"""Draw what the network sees: ``python tools/visualization/plot_views.py CONFIG --out FILE.png``."""
import argparse
import copy
import textwrap
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mmaction.registry import DATASETS
from mmengine.config import Config
from mmengine.registry import init_default_scope

from hico_mm.datasets import check_annotation_files
from hico_mm.utils import iter_dicts, load_config, type_name
from hico_mm.utils.class_names import name_class
from hico_mm.utils.errors import check_positive, readable_errors
from hico_mm.visualization import figures, skeletons

WIDTH = 1.15  # of a pose in a strip, in inches
MARGIN = [[-0.04], [0.04]]  # of a box, in the unit of the joints
STEP = 1.08  # from pose to pose, in widths of the widest


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw a training sequence and its two augmented views, exactly as training makes '
        'them: a strip of frames, or an animation.')
    parser.add_argument('config', help='pre-training config')
    parser.add_argument('--index', type=int, default=0,
                        help='index of the sequence in the training data; default 0')
    parser.add_argument('--epoch', type=int, default=0, help='number of the epoch, from 0; default 0')
    parser.add_argument('--seed', type=int, help="seed of the run; by default the config's")
    parser.add_argument('--frames', type=int, default=8, help='how many frames a strip has; default 8')
    skeletons.add_arguments(parser)
    parser.add_argument('--out', required=True, metavar='FILE.png',
                        help='the strip; .pdf or .svg, too. A .gif is an animation')
    return parser.parse_args()


class ViewsOfSequence(NamedTuple):
    """What training makes of one sequence, and the bones and the stream of the model."""

    name: str
    original: np.ndarray  # what was augmented, (M, T, V, C)
    views: np.ndarray  # joints of whatever stream, (views, M, T, V, C)
    parents: tuple[int, ...]  # (V, )
    stream: str

    @property
    def content(self) -> str:
        """What the views are, in words."""
        stream = '' if self.stream == 'joint' else f', before its {self.stream} stream is derived'
        return f'joints as the network gets them{stream}'

    @property
    def zeroed(self) -> np.ndarray:
        """Which joints a view has set to zero in all frames, (views, M, V) bool."""
        zeroed = ~self.views.any(axis=(2, 4))  # (views, M, V)
        num_persons = min(len(self.original), zeroed.shape[1])
        # The joint on which skeletons are centred is zero before, too.
        zeroed[:, :num_persons] &= self.original[:num_persons].any(axis=(1, 3))
        zeroed[:, num_persons:] = False
        return zeroed


class Recorder:
    """A transform that changes nothing and keeps the joints that came last."""

    keypoint: np.ndarray

    def __call__(self, results: dict) -> dict:
        self.keypoint = np.array(results['keypoint'], dtype=np.float32)
        return results


def load_views(cfg: Config, index: int, epoch: int = 0, seed: int = 0) -> ViewsOfSequence:
    """Make the views that training with this seed sees of one sequence in one epoch, from 0."""
    config = copy.deepcopy((cfg.get('train_dataloader') or {}).get('dataset') or {})
    nodes = [node for node in iter_dicts(config) if type_name(node) == 'Views']
    if type_name(config) != 'SeededDataset' or not nodes:
        raise ValueError(f'{cfg.filename} trains on no views that can be repeated. Name a '
                         'pre-training config, with Views in its pipeline and SeededDataset around '
                         'its training data.')
    recorder = Recorder()
    for node in nodes:
        node['transforms'][0].insert(0, recorder)
    parents, stream = skeletons.load_bones(cfg)
    dataset = DATASETS.build(config)
    figures.check_index('--index', index, len(dataset), f'training sequences of {cfg.filename}')
    dataset.set_epoch(seed, epoch)
    views = dataset[index]['inputs'].numpy()
    skeletons.check_bones(views, parents, cfg)
    info = dataset.get_data_info(index)
    name = info.get('frame_dir', f'sequence {index}')
    class_name = name_class(info.get('label'), dataset.metainfo.get('classes'))
    return ViewsOfSequence(f'{name}, {class_name}' if class_name else name, recorder.keypoint, views,
                           parents, stream)


class Row(NamedTuple):
    """Some frames of one sequence."""

    title: str
    note: str
    frames: np.ndarray  # their numbers, (F, )
    poses: skeletons.Poses


def choose_rows(shown: ViewsOfSequence, num_frames: int, up: str | None) -> list[Row]:
    """Choose evenly spaced frames of the original and of each view."""
    nothing = np.zeros(shown.original.shape[::2], dtype=bool)  # (M, V)
    rows = []
    titles = ['original', *(f'view {number + 1}' for number in range(len(shown.views)))]
    for title, keypoint, zeroed in zip(titles, (shown.original, *shown.views), (nothing, *shown.zeroed),
                                       strict=True):
        frames = np.linspace(0, keypoint.shape[1] - 1, num_frames).round().astype(int)
        count = zeroed.any(axis=0).sum()
        places, absent, box = skeletons.look(keypoint, frames, up)
        rows.append(Row(title, f'{count} joints at zero (×)' if count else '', frames,
                        skeletons.Poses(places, zeroed | absent, box + MARGIN)))
    return rows


def draw_strip(shown: ViewsOfSequence, num_frames: int = 8, up: str | None = None) -> Figure:
    """Draw frames of the original and of the views, a row each, all of one scale."""
    check_positive(**{'--frames': num_frames})
    rows = choose_rows(shown, num_frames, up)
    size = np.array([row.poses.size for row in rows])  # (rows, x and y)
    step = STEP * size[:, 0].max()
    heights = size[:, 1] * WIDTH / step  # in inches
    figure = Figure(figsize=(num_frames * WIDTH + 1.1, heights.sum() + 1.4), layout='constrained')
    figure.get_layout_engine().set(w_pad=0.1)
    all_axes = figure.subplots(len(rows), 1, height_ratios=heights)
    for axes, row in zip(all_axes, rows, strict=True):
        centres = step * np.arange(num_frames)
        middle = row.poses.box.mean(axis=0)
        for centre, places, missing in zip(centres, row.poses.places, row.poses.missing, strict=True):
            skeletons.draw_pose(axes, places + [centre - middle[0], 0], shown.parents, missing)
        _finish(axes, [centres[-1] / 2, middle[1]], [step * num_frames, row.poses.size[1]])
        axes.set_xticks(centres, row.frames, fontsize='small')
        title = f'{row.title}\n{textwrap.fill(row.note, 12)}'.strip()
        axes.set_ylabel(title, rotation=0, ha='right', va='center')
    figure.suptitle(f'{shown.name}\n{shown.content}', fontsize='medium')
    figure.supxlabel(f'frame\n{skeletons.caption(shown.parents)}', fontsize='medium')
    return figure


def draw_panels(shown: ViewsOfSequence, up: str | None = None
                ) -> tuple[Figure, Callable[[int], None], int]:
    """Draw original and views side by side, to be animated.

    Returns the figure, a function that goes to a frame by its number, and the views' number of frames.
    """
    num_frames = shown.views.shape[2]
    rows = choose_rows(shown, num_frames, up)
    size = np.max([row.poses.size for row in rows], axis=0)  # x and y, of one scale
    figure = Figure(figsize=(6.6, 2.2 * min(size[1] / size[0], 2) + 1.1), layout='constrained')
    panels = []
    for axes, row in zip(figure.subplots(1, len(rows)), rows, strict=True):
        lines = skeletons.draw_pose(axes, row.poses.places[0], shown.parents, row.poses.missing[0])
        panels.append((axes, row, lines))
        _finish(axes, row.poses.box.mean(axis=0), size)
        axes.set_title(f'{row.title}\n{row.note}', fontsize='small')
    figure.suptitle(f'{shown.name}\n{shown.content}', fontsize='small')
    figure.supxlabel(skeletons.caption(shown.parents), fontsize='small')

    def show(frame: int) -> None:
        for axes, row, lines in panels:
            skeletons.move_pose(lines, row.poses.places[frame], shown.parents, row.poses.missing[frame])
            axes.set_xlabel(f'frame {row.frames[frame]}', fontsize='small')

    show(0)
    return figure, show, num_frames


def _finish(axes: Axes, middle: Sequence[float], size: Sequence[float]) -> None:
    skeletons.set_limits(axes, middle, size)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def main() -> None:
    args = parse_args()
    with readable_errors():
        suffix = figures.check_path(args.out, animation=True)
        cfg = load_config(args.config, args.cfg_options)
        check_annotation_files(cfg.get('train_dataloader'))
        init_default_scope(cfg.get('default_scope', 'mmaction'))
        seed = (cfg.get('randomness', {}).get('seed') or 0) if args.seed is None else args.seed
        shown = load_views(cfg, args.index, args.epoch, seed)
        if suffix == 'gif':
            figures.save_animation(*draw_panels(shown, args.up), args.out)
        else:
            figures.save(draw_strip(shown, args.frames, args.up), args.out)
    zeroed = ' and '.join(str(view.any(axis=0).sum()) for view in shown.zeroed)
    print(f'{args.out}: {shown.name}; {shown.original.shape[1]} frames, {len(shown.views)} views of '
          f'{shown.views.shape[2]}, {zeroed} joints set to zero; {shown.content}')


if __name__ == '__main__':
    main()
