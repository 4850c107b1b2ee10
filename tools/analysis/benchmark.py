"""Train, evaluate and compare: ``python tools/analysis/benchmark.py CONFIG [CONFIG ...]``.

Every job leaves its result in ``--out``; the same command again goes on where it was interrupted.
"""
import argparse
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hico_mm.benchmark.benchmark import Benchmark
from hico_mm.benchmark.jobs import ENCODERS, TASKS, load_configs, read_variants, split_options
from hico_mm.benchmark.smoke import shrink_configs
from hico_mm.utils import OptionsAction, list_configs
from hico_mm.utils.errors import readable_errors

STREAMS = ('hico_ntu60', 'hico_ntu60_motion', 'hico_ntu60_bone')  # of Figure 3


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Pre-train and run the downstream tasks, or train with labels, and write tables of '
        'the results and what they cost.')
    parser.add_argument('configs', nargs='*', metavar='CONFIG',
                        help='config of a pre-training, or of a training with labels; with --smoke by '
                        'default all of configs/, and the fusion of Figure 3')
    parser.add_argument('--tasks', nargs='+', choices=TASKS,
                        help='tasks of the pre-training configs; by default those for which the paper '
                        'has a number')
    parser.add_argument('--evaluate', nargs='*', metavar='NAME',
                        help='evaluate each encoder on these data sets of the entry evaluate_on of its '
                        'config, without names on all of them')
    parser.add_argument('--variants', metavar='FILE',
                        help='run each config once for each entry of the dict variants of this Python '
                        'file: options, as of --cfg-options, by name')
    parser.add_argument('--labels', nargs='+', type=float, default=[0.01, 0.1], metavar='NUMBER',
                        help='labels of the task semi: fractions, or from 1 on numbers per class; '
                        'default: 0.01 0.1')
    parser.add_argument('--seeds', type=int, default=1, metavar='N',
                        help='repeat everything with the seeds 0 to N - 1')
    parser.add_argument('--draws', type=int, metavar='N',
                        help='draws of the labels for each fraction and seed; default: 5, with --smoke '
                        '1')
    parser.add_argument('--checkpoint', nargs='+', default=[], metavar='CKPT',
                        help='encoder(s) instead of pre-training: one, one per seed, or one per seed '
                        'for each pre-training config in turn')
    parser.add_argument('--encoders', nargs='+', choices=ENCODERS, default=['pretrained', 'untrained'],
                        help='what runs the tasks: the pre-trained encoder, an untrained one for each '
                        'seed (training from scratch, for semi and finetune), or the coordinates '
                        'themselves; default: pretrained untrained')
    parser.add_argument('--no-untrained', action='store_const', dest='encoders', const=['pretrained'],
                        help='the same as --encoders pretrained')
    parser.add_argument('--fuse', nargs='*', type=float, metavar='W',
                        help='take the configs as streams and fuse their linear evaluations, by equal '
                        'weights or those given, one per config and in their order')
    parser.add_argument('--no-costs', action='store_true',
                        help='do not measure parameters, multiply-adds, samples/s and memory')
    parser.add_argument('--sort', metavar='COLUMN',
                        help='column of the comparison to sort it by, the best first: config, linear, '
                        'knn, semi_0.1, finetune, supervised, parameters, multiply_adds, '
                        'training_samples_per_second, inference_samples_per_second or '
                        'training_memory_mib; with several test sets TASK@NAME, or TASK@mean; '
                        'default: the first mean, or the first accuracy')
    parser.add_argument('--out', type=Path, metavar='FOLDER',
                        help='folder of jobs and results; default: work_dirs/benchmark, with --smoke a '
                        'temporary one')
    parser.add_argument('--smoke', action='store_true',
                        help='only show that everything runs: a few iterations of small models on '
                        'synthetic data')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, metavar='KEY=VALUE',
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
    """Run the benchmark and print its tables."""
    with readable_errors():
        paths = args.configs or list(list_configs().values())
        options, task_options = split_options(args.cfg_options or {})
        print(f'Reading {len(paths)} configs', flush=True)
        variants = read_variants(args.variants) if args.variants else None
        cfgs = load_configs(paths, options, args.evaluate, variants)
        if args.smoke:
            cfgs = shrink_configs(cfgs, out / 'data')
        benchmark = Benchmark(
            cfgs, out, args.tasks, args.labels, args.seeds, args.draws, args.checkpoint,
            args.encoders, args.fuse, not args.no_costs, args.sort, args.smoke, task_options)
        benchmarks = [benchmark]
        if not args.configs and 'linear' in (args.tasks or TASKS):
            streams = {name: cfgs[name] for name in STREAMS}
            benchmarks.append(replace(benchmark, cfgs=streams, tasks=['linear'], weights=[]))
        for benchmark in benchmarks:
            benchmark.check()
        for benchmark in benchmarks:
            benchmark.run({**vars(args), 'out': str(out)})
    for table in ('results.md', 'comparison.md'):
        print(f'\n{(out / table).read_text()}', end='')


def main() -> None:
    """Run the script."""
    args = parse_args()
    if args.out is None and args.smoke:
        with TemporaryDirectory() as folder:
            run(args, Path(folder))
    else:
        out = args.out or Path('work_dirs/benchmark')
        run(args, out)
        print(f"\nResults: {out / 'results.json'}")


if __name__ == '__main__':
    main()
