"""Measure speed against plain formulations of the same, side by side.

``speed.py step`` times the training step, ``data`` the data path, ``run`` whole trainings as
``tools/train.py`` does them; ``chart`` draws throughput over batch size, granularities and workers.
"""
import argparse
import json
import os
import signal
from pathlib import Path

os.environ.setdefault('OMP_WAIT_POLICY', 'passive')  # read when torch is loaded; see --clock

import torch  # noqa: E402
from mmengine.config import DictAction  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402

from hico_mm.speed.data import (  # noqa: E402
    build_loaders,
    measure_data,
    profile_data,
    random_sequences,
)
from hico_mm.speed.interleaved import CLOCKS  # noqa: E402
from hico_mm.speed.options import (  # noqa: E402
    add_sequences,
    add_timing_arguments,
    check_precision,
    check_sequences,
    not_negative,
    positive,
)
from hico_mm.speed.plain_step import CHANGES  # noqa: E402
from hico_mm.speed.profiled import profile_table  # noqa: E402
from hico_mm.speed.run import compare_runs  # noqa: E402
from hico_mm.speed.step import (  # noqa: E402
    ENCODERS,
    PAPER,
    PRECISIONS,
    StepSize,
    build_models,
    make_step,
    measure_step,
)
from hico_mm.speed.sweep import sweep_all  # noqa: E402
from hico_mm.utils import atomic_write, load_config  # noqa: E402
from hico_mm.utils.errors import readable_errors  # noqa: E402

COMPILE_MODES = ('default', 'reduce-overhead', 'max-autotune', 'max-autotune-no-cudagraphs')


def add_step(modes) -> None:
    """Mode ``step``."""
    mode = modes.add_parser('step', help='a training step, on random skeletons in memory')
    mode.set_defaults(run=step)
    add_timing_arguments(mode)
    mode.add_argument('--clock', choices=CLOCKS, default='wall',
                      help='cpu: time of all threads of the process, for a machine that is not idle')
    mode.add_argument('--encoder', nargs='+', choices=ENCODERS, default=ENCODERS)
    mode.add_argument('--precision', nargs='+', choices=PRECISIONS, default=['float32', 'bfloat16'],
                      help='the others are compared with the first')
    for name, value in PAPER._asdict().items():  # --batch-size and so on
        mode.add_argument(f'--{name.replace("_", "-")}', type=positive, default=value,
                          help=f'default: {value}, as in the paper')
    mode.add_argument('--changes', nargs='+', choices=CHANGES, default=(),
                      help='measure these changes to the plain step each by itself, too')
    mode.add_argument('--compile', nargs='?', const='default', choices=COMPILE_MODES,
                      help="compile our step, by one of torch.compile's modes")
    mode.add_argument('--profile', action='store_true',
                      help="also print the operators that take most of our step's time")


def step(args: argparse.Namespace) -> None:
    """Run the mode ``step``."""
    check_precision(args, args.precision)
    size = StepSize(**{name: getattr(args, name) for name in StepSize._fields})
    threads = f'{torch.get_num_threads()} threads' if args.device == 'cpu' else (
        torch.cuda.get_device_name(args.device))
    sizes = ', '.join(f'{name.replace("_", " ")} {value}' for name, value in size._asdict().items())
    print(f'{sizes}; {args.device} ({threads}), torch {torch.__version__}, {args.rounds} rounds, '
          f'{args.clock} time; median (range of the rounds)')
    for encoder in args.encoder:
        torch.manual_seed(0)
        for row in measure_step(encoder, args.precision, size, args.device, args.rounds, args.clock,
                                args.changes, args.compile):
            print(row, flush=True)
        for precision in args.precision if args.profile else ():
            ours = build_models(encoder, size, args.device)['ours']
            print(profile_table(make_step(ours, size, precision, args.device), args.device))


def add_data(modes) -> None:
    """Mode ``data``."""
    mode = modes.add_parser('data', help='from the annotation file to batches of two views, one core')
    mode.set_defaults(run=data)
    add_sequences(mode, 512, (45, 91))  # as long as those of UTD-MHAD
    mode.add_argument('--persons', type=int, choices=(1, 2), default=1,
                      help='in a sequence; batches have room for two. Default: 1')
    mode.add_argument('--batch-size', type=positive, default=64)
    mode.add_argument('--rounds', type=positive, default=10, help='epochs of every form')
    mode.add_argument('--clock', choices=CLOCKS, default='cpu',
                      help='cpu: time of the process, for a machine that is not idle; default: cpu')
    mode.add_argument('--profile', action='store_true',
                      help='also print the functions that take most of the time')


def data(args: argparse.Namespace) -> None:
    """Run the mode ``data``."""
    check_sequences(args, args.batch_size)
    torch.set_num_threads(1)
    print(f'{args.sequences} sequences of {args.frames[0]} to {args.frames[1]} frames and '
          f'{args.persons} persons, batch {args.batch_size}, one core, {args.rounds} rounds, '
          f'{args.clock} time; median (range of the rounds)')
    with random_sequences(num_sequences=args.sequences, num_frames=tuple(args.frames),
                          num_persons=args.persons) as path:
        loaders = build_loaders(path, args.batch_size)
        for row in measure_data(loaders, args.rounds, args.clock):
            print(row, flush=True)
        if args.profile:
            print(profile_data(loaders['ours']))


def add_run(modes) -> None:
    """Mode ``run``."""
    mode = modes.add_parser('run', help='whole trainings, and where their time goes')
    mode.set_defaults(run=run)
    mode.add_argument('config', help='pre-training config, for 25 joints; the plain formulation knows '
                      'both branches and all four levels only')
    add_sequences(mode, 768, (30, 300))
    mode.add_argument('--epochs', type=positive, default=2, help='to measure, after one; default: 2')
    mode.add_argument('--rounds', type=positive, default=3, help='trainings of either form; default: 3')
    mode.add_argument('--schedule-sequences', type=positive, default=40091, metavar='N',
                      help='size of the set for which the whole schedule is extrapolated; '
                      "default: 40091, NTU-60's")
    mode.add_argument('--no-plain', action='store_true', help='leave out the plain formulation')
    mode.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                      help='settings that override the config, as of tools/train.py')


def run(args: argparse.Namespace) -> None:
    """Run the mode ``run``."""
    check_sequences(args, load_config(args.config, args.cfg_options)
                    .train_dataloader.batch_size)
    for form, result in compare_runs(
            lambda: load_config(args.config, args.cfg_options), args.rounds,
            with_plain=not args.no_plain, num_sequences=args.sequences, epochs=args.epochs,
            num_frames=tuple(args.frames), schedule_sequences=args.schedule_sequences):
        print(f'{form}: {result}', flush=True)


def add_chart(modes) -> None:
    """Mode ``chart``."""
    mode = modes.add_parser('chart', help='a figure of throughput')
    mode.set_defaults(run=chart)
    add_timing_arguments(mode)
    add_sequences(mode, 512, (45, 91))
    mode.add_argument('--encoder', choices=ENCODERS, default='Transformer')
    mode.add_argument('--precision', choices=PRECISIONS, default='float32')
    mode.add_argument('--hidden-channels', type=positive, default=PAPER.hidden_channels,
                      help=f'default: {PAPER.hidden_channels}, as in the paper')
    for varied, numbers in dict(batch_sizes=(16, 32, 64, 128), granularities=(1, 2, 3, 4),
                                workers=(0, 1, 2)).items():
        mode.add_argument(f'--{varied.replace("_", "-")}', nargs='+', default=numbers,
                          type=not_negative if varied == 'workers' else positive,
                          help=f'default: {" ".join(map(str, numbers))}')
    mode.add_argument('--out', required=True, metavar='FILE.png',
                      help='the figure; its numbers come beside it as .json')


def chart(args: argparse.Namespace) -> None:
    """Run the mode ``chart``."""
    from hico_mm.visualization.figures import check_path as check_figure_path  # needs matplotlib
    from hico_mm.visualization.figures import save as save_figure
    from hico_mm.visualization.throughput_figure import draw_throughput

    check_figure_path(args.out)
    check_precision(args, [args.precision])
    check_sequences(args, PAPER.batch_size)
    sweeps = sweep_all(
        args.encoder, StepSize(hidden_channels=args.hidden_channels), args.batch_sizes,
        args.granularities, args.workers, args.sequences, tuple(args.frames),
        precision=args.precision, device=args.device, rounds=args.rounds)
    with atomic_write(Path(args.out).with_suffix('.json')) as file:
        file.write(json.dumps(sweeps, indent=1).encode())
    save_figure(draw_throughput(sweeps), args.out)
    print(f'{args.out}: samples/s of the {args.encoder}, {args.precision}, D = '
          f'{args.hidden_channels}, on {args.device}')


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    modes = parser.add_subparsers(dest='mode', required=True)
    for add in (add_step, add_data, add_run, add_chart):
        add(modes)
    return parser.parse_args(argv)


def main() -> None:
    """Run the script."""
    init_default_scope('mmaction')
    args = parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no temporary file is left behind
    with readable_errors():
        args.run(args)


if __name__ == '__main__':
    main()
