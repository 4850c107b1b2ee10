"""Pre-train and evaluate: ``python tools/analysis/benchmark.py CONFIG [CONFIG ...]``.

Every step leaves its result in ``--out``; the same command again takes up where it was interrupted.
"""
import argparse
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mmengine.config import DictAction

from hico_mm.benchmark.benchmark import Benchmark, load_configs
from hico_mm.benchmark.smoke import shrink
from hico_mm.benchmark.steps import TASKS
from hico_mm.benchmark.table import markdown_table
from hico_mm.utils.errors import readable_errors

CONFIGS = Path(__file__).parents[2] / 'configs'
STREAMS = ('hico_ntu60', 'hico_ntu60_motion', 'hico_ntu60_bone')  # of Figure 3


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Pre-train, run the downstream tasks, and write one table of the results.')
    parser.add_argument('configs', nargs='*', metavar='CONFIG',
                        help='pre-training config; with --smoke by default all of configs/, and the '
                        'fusion of Figure 3')
    parser.add_argument('--tasks', nargs='+', choices=TASKS,
                        help='by default those for which the paper has a number')
    parser.add_argument('--labels', nargs='+', type=float, default=[0.01, 0.1], metavar='FRACTION',
                        help='labelled fractions of the task semi; default: 0.01 0.1')
    parser.add_argument('--seeds', type=int, default=1, metavar='N',
                        help='repeat everything with the seeds 0 to N - 1')
    parser.add_argument('--draws', type=int, metavar='N',
                        help='draws of the labels for each fraction and seed; default: 5, with --smoke '
                        '1')
    parser.add_argument('--checkpoint', nargs='+', default=[], metavar='CKPT',
                        help='encoder(s) instead of pre-training: one, one per seed, or one per seed '
                        'for each config in turn')
    parser.add_argument('--no-untrained', action='store_true',
                        help='leave out the untrained encoder (training from scratch, for semi and '
                        'finetune) beside each result')
    parser.add_argument('--fuse', nargs='*', type=float, metavar='W',
                        help='take the configs as streams and fuse their linear evaluations, by equal '
                        'weights or those given, one per config and in their order')
    parser.add_argument('--out', type=Path, metavar='FOLDER',
                        help='folder of steps and results; default: work_dirs/benchmark, with --smoke a '
                        'temporary one')
    parser.add_argument('--smoke', action='store_true',
                        help='only show that everything runs: a few iterations of small models on '
                        'synthetic data')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='settings that override those of every config, its tasks included: '
                        'train_cfg.max_epochs=2 tasks.linear.train_cfg.max_epochs=2')
    args = parser.parse_args(argv)
    if not args.configs and not args.smoke:
        parser.error('name at least one config, or add --smoke')
    if args.checkpoint and args.smoke:
        parser.error('--checkpoint does not fit the small models of --smoke; leave out one of them')
    if args.draws is None:
        args.draws = 1 if args.smoke else 5
    return args


def run(args: argparse.Namespace, out: Path) -> None:
    """Run the benchmark and print its table."""
    with readable_errors():
        paths = args.configs or sorted(map(str, CONFIGS.glob('hico_*.py')))
        cfgs = load_configs(paths, args.cfg_options)
        if args.smoke:
            cfgs = shrink(cfgs, out / 'data')
        benchmark = Benchmark(
            cfgs, out, args.tasks, args.labels, args.seeds, args.draws, args.checkpoint,
            not args.no_untrained, args.fuse, args.smoke)
        benchmarks = [benchmark]
        if not args.configs and 'linear' in (args.tasks or TASKS):
            streams = {name: cfgs[name] for name in STREAMS}
            benchmarks.append(replace(benchmark, cfgs=streams, tasks=['linear'], weights=[]))
        for benchmark in benchmarks:
            benchmark.check()
        for benchmark in benchmarks:
            rows = benchmark.run({**vars(args), 'out': str(out)})
    print(f'\n{markdown_table(rows)}')


def main() -> None:
    """Run the script."""
    args = parse_args()
    if args.out is None and args.smoke:
        with TemporaryDirectory() as folder:
            run(args, Path(folder))
    else:
        out = args.out or Path('work_dirs/benchmark')
        run(args, out)
        print(f"Results: {out / 'results.json'}")


if __name__ == '__main__':
    main()
