"""Kill a training at random moments, resume it, and compare its end with that of one left alone.

``kill_and_resume.py CONFIG`` trains once as the reference. Each trial then ends the same training, with
all its processes, by ``kill -9``, continues it by ``tools/train.py --resume``, and compares: all
checkpoints (model, queues, optimizer, schedule, best result, history of the log) and every logged
iteration and evaluation, to the last bit. That is meant for CPUs: GPUs may differ by themselves.
"""
import argparse
import json
import re
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
from mmengine.config import Config, DictAction

from hico_mm.datasets import check_annotation_files
from hico_mm.utils import atomic_write, check_writable, load_config
from hico_mm.utils.end_state import find_difference, read_end_state, read_log
from hico_mm.utils.errors import readable_errors
from hico_mm.utils.killed_run import describe_end, draw_moment, run_to_end, run_until

TRAIN = Path(__file__).parents[1] / 'train.py'
RESULTS = 'trials.json'
MAX_TRIES = 20  # of a trial


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='config file of a training by epochs, with checkpoints')
    parser.add_argument('--kills', type=int, default=20, metavar='N', help='trials; default: 20')
    parser.add_argument('--writing', type=float, default=0.3, metavar='SHARE',
                        help='share of the trials that wait, from their random moment on, for the '
                        'writing of a checkpoint and kill inside it; default: 0.3')
    parser.add_argument('--seed', type=int, default=0, help='seed of the moments; default: 0')
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs/kill_and_resume'),
                        help='new or empty folder; keeps the reference, trials.json, and the trials '
                        'that failed; default: work_dirs/kill_and_resume')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='settings that override the config, as of tools/train.py')
    return parser.parse_args(argv)


def check(args: argparse.Namespace) -> Config:
    """Refuse what cannot be tried, and return the config with every iteration in its log."""
    if args.kills < 1:
        raise ValueError(f'--kills is {args.kills}, but at least 1 is needed.')
    if args.seed < 0:
        raise ValueError(f'--seed is {args.seed}, but a number from 0 is needed.')
    if not 0 <= args.writing <= 1:
        raise ValueError(f'--writing is {args.writing}, but a share from 0 to 1 is needed.')
    cfg = load_config(args.config, args.cfg_options)
    hooks = cfg.get('default_hooks') or {}
    checkpoint = hooks.get('checkpoint') or {}
    if 'max_epochs' not in (cfg.get('train_cfg') or {}) or not checkpoint.get('by_epoch', True):
        raise ValueError(f'{args.config} does not train by epochs. Name a config with '
                         "train_cfg=dict(type='EpochBasedTrainLoop', max_epochs=...).")
    if checkpoint.get('interval', -1) < 1:
        raise ValueError(f'{args.config} saves no checkpoints to resume from. Set default_hooks.'
                         'checkpoint.interval to a number of epochs.')
    if (checkpoint.get('backend_args') or {}).get('backend') != 'atomic':
        raise ValueError(f'{args.config} writes checkpoints in place, so that killing it loses them. '
                         'Add --cfg-options default_hooks.checkpoint.backend_args.backend=atomic.')
    if (cfg.get('randomness') or {}).get('seed') is None:
        raise ValueError(f'{args.config} has no seed, and no two trainings are alike. Add '
                         '--cfg-options randomness.seed=0.')
    check_annotation_files(
        cfg.get('train_dataloader'), cfg.get('val_dataloader'), cfg.get('val_cfg'))
    check_writable(str(args.work_dir), '--work-dir')
    if any(args.work_dir.iterdir()):
        raise ValueError(f'--work-dir {args.work_dir} is not empty. Name a new folder, or delete it.')
    cfg.default_hooks.logger = {'type': 'LoggerHook', **(hooks.get('logger') or {}), 'interval': 1}
    return cfg


def run_trial(command: list[str], work_dir: Path, times: list[float], is_aimed: bool,
              rng: np.random.Generator) -> dict:
    """Kill a training and resume it."""
    work_dir.mkdir()
    command = [*command, '--work-dir', str(work_dir)]
    output, resumed_output = work_dir / 'killed.txt', work_dir / 'resumed.txt'
    # A moment is missed after the last checkpoint, or while Python ends.
    for _ in range(MAX_TRIES):
        seconds = run_until(command, output, draw_moment(times, rng), work_dir if is_aimed else None)
        if seconds is not None:
            break
        shutil.rmtree(work_dir)
        work_dir.mkdir()
    else:
        raise ValueError(f'The training ended by itself in {MAX_TRIES} tries to kill it. Make it '
                         'longer, or its checkpoints larger.')
    doing, done = describe_end(work_dir, output.read_text()), iterations_of(work_dir)
    saved = last_saved_epoch(work_dir)
    run_to_end([*command, '--resume'], resumed_output)
    resumed = re.search(r'resumed epoch: (\d+), iter: (\d+)', resumed_output.read_text())
    epoch, iteration = map(int, resumed.groups()) if resumed else (0, 0)
    return dict(seconds=round(seconds, 2), doing=doing, saved_epoch=saved, resumed_epoch=epoch,
                repeated=done - iteration)


def last_saved_epoch(work_dir: Path) -> int:
    """Say which epoch's checkpoint is the newest, whether it can be read or not."""
    epochs = (int(path.stem.removeprefix('epoch_')) for path in work_dir.glob('epoch_*.pth'))
    return max(epochs, default=0)


def iterations_of(work_dir: Path) -> int:
    """Count the iterations that a training has logged."""
    return max((record['step'] for record in read_log(work_dir) if 'epoch' in record), default=0)


def run(args: argparse.Namespace) -> list[dict]:
    """Run the reference and all trials; print and save each when it is finished."""
    cfg = check(args)
    config, reference = args.work_dir / Path(cfg.filename).name, args.work_dir / 'reference'
    cfg.dump(config)
    command = [sys.executable, str(TRAIN), str(config)]
    reference.mkdir()
    print('Training the reference ...', flush=True)
    times = run_to_end([*command, '--work-dir', str(reference)], reference / 'output.txt')
    expected, iterations = read_end_state(reference), iterations_of(reference)
    # A checkpoint is due after so many.
    interval = cfg.default_hooks.checkpoint.interval * iterations // cfg.train_cfg.max_epochs
    print(f'Reference: {iterations} iterations in {times[-1]:.0f} s, a checkpoint every {interval}; '
          f'compared are {", ".join(expected)}', flush=True)

    rng = np.random.default_rng(args.seed)
    are_aimed = rng.permutation(args.kills) < round(args.writing * args.kills)
    results = []
    for number, is_aimed in enumerate(are_aimed.tolist(), 1):
        work_dir = args.work_dir / f'trial_{number:02d}'
        result = run_trial(command, work_dir, times, is_aimed, rng)
        difference = find_difference(expected, read_end_state(work_dir))
        if difference is None and result['resumed_epoch'] != result['saved_epoch']:
            difference = f'epoch_{result["saved_epoch"]}.pth was lost'
        if difference is None and result['repeated'] > interval:
            difference = f'a checkpoint was lost, as more than {interval} iterations were repeated'
        results.append(dict(result, difference=difference))
        with atomic_write(args.work_dir / RESULTS) as file:
            file.write(json.dumps(results, indent=1).encode())
        if difference is None:
            shutil.rmtree(work_dir)
        print('{number:3d}. killed after {seconds:6.2f} s: {doing}; resumed from epoch {resumed_epoch}, '
              '{repeated} iterations repeated; {end}'.format(
                  number=number, end=difference or 'identical', **result), flush=True)
    return results


def main() -> None:
    """Run the script."""
    args = parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no training is left behind
    with readable_errors():
        try:
            results = run(args)
        except KeyboardInterrupt:
            results = args.work_dir / RESULTS
            sys.exit('Stopped. '
                     + (f'Finished trials are in {results}.' if results.exists() else
                        'No trial was finished.')
                     + ' Another start needs another --work-dir.')
    inside = sum(result['doing'].startswith('inside') for result in results)
    different = sum(result['difference'] is not None for result in results)
    print(f'{len(results)} kills, {inside} of them inside the writing of a checkpoint: '
          f'{len(results) - different} identical, {different} different')
    sys.exit(1 if different else 0)


if __name__ == '__main__':
    main()
