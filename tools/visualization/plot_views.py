"""Draw what the network sees: ``python tools/visualization/plot_views.py CONFIG --out FILE.png``."""
import argparse

from mmengine.config import DictAction
from mmengine.registry import init_default_scope

from hico_mm.datasets import check_annotation_files
from hico_mm.utils import load_config
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import check_figure_path, save_animation, save_figure
from hico_mm.visualization.skeleton_drawing import add_up_argument
from hico_mm.visualization.view_figure import draw_panels, draw_strip
from hico_mm.visualization.view_pair import load_views


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Draw a training sequence and its two augmented views, exactly as training makes '
        'them: a strip of frames, or an animation.')
    parser.add_argument('config', help='pre-training config')
    parser.add_argument('--index', type=int, default=0,
                        help='index of the sequence in the training data; default 0')
    parser.add_argument('--epoch', type=int, default=0, help='number of the epoch, from 0; default 0')
    parser.add_argument('--seed', type=int, help="seed of the run; by default the config's")
    parser.add_argument('--frames', type=int, default=8, help='how many frames a strip has; default 8')
    add_up_argument(parser)
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='override settings of the config')
    parser.add_argument('--out', required=True, metavar='FILE.png',
                        help='the strip; .pdf or .svg, too. A .gif is an animation')
    return parser.parse_args()


def main() -> None:
    """Run the script."""
    args = parse_args()
    with readable_errors():
        suffix = check_figure_path(args.out, animation=True)
        cfg = load_config(args.config, args.cfg_options)
        check_annotation_files(cfg.get('train_dataloader'))
        init_default_scope(cfg.get('default_scope', 'mmaction'))
        seed = (cfg.get('randomness', {}).get('seed') or 0) if args.seed is None else args.seed
        pair = load_views(cfg, args.index, args.epoch, seed)
        if suffix == 'gif':
            save_animation(*draw_panels(pair, args.up), args.out)
        else:
            save_figure(draw_strip(pair, args.frames, args.up), args.out)
    zeroed = ' and '.join(str(view.any(axis=0).sum()) for view in pair.zeroed)
    print(f'{args.out}: {pair.name}; {pair.original.shape[1]} frames, two views of '
          f'{pair.views.shape[2]}, {zeroed} joints set to zero; {pair.content}')


if __name__ == '__main__':
    main()
