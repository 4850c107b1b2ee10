"""Count the parameters and multiply-adds of encoders.

The shape of the input is that of the training data, which the config's own pipeline gives.
"""
import argparse

from mmaction.registry import MODELS
from mmengine.analysis.print_helper import complexity_stats_table
from mmengine.registry import init_default_scope

from hico_mm.benchmark.cost import analyze, count_parameters, make_samples
from hico_mm.utils import OptionsAction, load_config
from hico_mm.utils.errors import readable_errors

UNIT = ('One multiply-add is half of what others call FLOPs, and what MMAction2 publishes under that '
        'name. Counted for one sequence with all persons and without heads: products of matrices, '
        'convolutions, recurrent networks, attention, and norms by 1 to 5 for each value.')


def report(path: str, options: dict | None = None, with_table: bool = False) -> str:
    """Lines on what the encoder of a config has and does, perhaps with a table of its modules."""
    cfg = load_config(path, options)
    if 'backbone' not in cfg.get('model', {}):
        raise ValueError(f'{path} has no model.backbone. Name the config of a recognizer.')
    init_default_scope(cfg.get('default_scope', 'mmaction'))
    encoder = MODELS.build(cfg.model.backbone)
    sample, = make_samples(cfg, encoder, 1)
    view = sample['inputs'][:1]
    analysis = analyze(encoder, view)
    left_out = ', '.join(f'{name.partition("::")[2]} {times} times'
                         for name, times in analysis.unsupported_ops().most_common())
    total = int(analysis.total())
    lines = [f'{path}: {type(encoder).__name__}',
             f'Input shape (N, M, T, V, C): {tuple(view.shape)}',
             f'Parameters: {count_parameters(encoder):,}',
             f'Multiply-adds: {total:,} ({total / 1e9:.3f} G)',
             f'Not counted: {left_out or "nothing"}']
    if with_table:  # whose flops are multiply-adds, too
        lines.append(complexity_stats_table(analysis, show_param_shapes=False).rstrip())
    return '\n'.join(lines)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=UNIT)
    parser.add_argument('configs', nargs='+', metavar='CONFIG',
                        help="config of a pre-training, or of MMAction2's RecognizerGCN")
    parser.add_argument('--table', action='store_true', help='also print a table of the modules')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, metavar='KEY=VALUE',
                        help='settings that override those of each config')
    return parser.parse_args(argv)


def main() -> None:
    args = parse_args()
    with readable_errors():
        for path in args.configs:
            print(report(path, args.cfg_options, args.table), end='\n\n')
    print(UNIT)


if __name__ == '__main__':
    main()
