"""Run one job, or take its result from disk; fuse the jobs of several streams (Figure 3)."""
import itertools
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from typing import Any

from mmengine.config import Config
from mmengine.runner import BaseLoop, Runner

from hico_mm.evaluation.functional import dump_accuracy, fuse_scores, load_score_dump
from hico_mm.evaluation.functional.fuse_scores import check_weights
from hico_mm.utils import find_resume_checkpoint, load_checkpoint_file, type_name
from hico_mm.utils.launch import build_runner
from hico_mm.utils.provenance import code_commit, device_name

from .jobs import Job, data_name
from .records import check_settings, read_result, settings_of, write_result, write_settings
from .run_log import read_curves

SCORES = 'scores.pkl'
RUNS = itertools.count()  # of this process
LONGEST_NAME = 255  # bytes of a folder's name
TEST_DATA = ('ann_file', 'split', 'num_classes')  # entries of a data set that streams share


def run_job(job: Job, config: Config, pretraining: dict | None = None, smoke: bool = False) -> dict:
    """Run a job unless its result is there; an interrupted training goes on where it was.

    Retrieval takes its epochs from the result of its ``pretraining``. A result has ``value`` (percent),
    ``last_epoch``, ``best`` (``value`` and ``epoch``), ``seconds`` of training (of a resumed one the
    first part without its evaluations), ``samples_per_second``, ``data`` (what it is evaluated on),
    ``encoder`` (hash of the checkpoint), ``commit``, ``device`` and ``smoke``. What is unknown is None.
    """
    folder = Path(config.work_dir)
    settings = settings_of(config, job.task, config.load_from, data=not smoke)  # smoke data vary
    check_settings(folder, settings)
    result = read_result(folder)
    if result is None:
        write_settings(folder, settings)
        result = _retrieve(job, config, pretraining or {}) if job.task == 'knn' else _train(job, config)
        result.update(data=data_name(job.config, config), encoder=settings['encoder'],
                      commit=code_commit(), device=device_name(), smoke=smoke)
        write_result(folder, job, result)
    return result


def _retrieve(job: Job, config: Config, pretraining: dict) -> dict:
    """Evaluate an encoder by its neighbours; the epochs are those of its pre-training."""
    with _runner(config) as runner:
        if config.load_from is None:
            runner.model.init_weights()  # as training does, but testing does not
        value = 100 * _take_metric(runner.test(), job.metric)
    # The log of a pre-training that configs share is that of one config's evaluations.
    best = pretraining['best'] if pretraining.get('config') == job.config else None
    return dict(config=job.config, value=value, last_epoch=pretraining.get('last_epoch'), best=best,
                seconds=None, samples_per_second=None)


def _train(job: Job, config: Config) -> dict:
    """Train, from the newest checkpoint if there is one, and take the result of the last epoch."""
    _keep_evaluations(config)
    checkpoint, iterations_before = find_resume_checkpoint(config), 0
    if checkpoint is not None:
        config.resume, config.load_from = True, checkpoint
        iterations_before = load_checkpoint_file(checkpoint)['meta']['iter']
    # The scores get their name when they are complete.
    unfinished = os.path.join(config.work_dir, f'unfinished_{SCORES}')
    if job.task == 'linear':
        config.test_evaluator = [
            config.test_evaluator, dict(type='DumpResults', out_file_path=unfinished)]
    with _runner(config) as runner:
        start = time.perf_counter()
        runner.train()
        seconds = time.perf_counter() - start
        result = _result(job, runner, seconds, iterations_before)
        if job.task == 'linear':
            runner.test()
            os.replace(unfinished, Path(config.work_dir, SCORES))
    return result


def _keep_evaluations(config: Config) -> None:
    """Let no evaluation be lost by an interruption, and let MMEngine log them to a file."""
    hooks = config.get('custom_hooks') or []
    if all(type_name(hook) != 'MissedEvaluationHook' for hook in hooks):
        config.custom_hooks = [*hooks, dict(type='MissedEvaluationHook')]
    if (visualizer := config.get('visualizer')) is not None:
        backends = visualizer.get('vis_backends') or []
        if all(type_name(backend) != 'LocalVisBackend' for backend in backends):
            visualizer['vis_backends'] = [*backends, dict(type='LocalVisBackend')]


def _result(job: Job, runner: Runner, seconds: float, iterations_before: int) -> dict:
    training, validation = read_curves(runner.work_dir)
    evaluations = _take_metric(validation, job.metric)
    # The first of the best epochs; 0 is the untrained model.
    best = max((epoch for epoch in evaluations if epoch > 0),
               key=lambda epoch: (evaluations[epoch], -epoch))
    loader = runner.train_dataloader
    samples = len(loader) * loader.batch_size
    if not loader.drop_last:
        samples = min(samples, len(loader.dataset))
    times = list(training['time'].values())  # of an iteration, without evaluations
    return dict(
        config=Path(runner.cfg.filename).stem, value=100 * evaluations[runner.epoch],
        last_epoch=runner.epoch, best=dict(value=100 * evaluations[best], epoch=int(best)),
        seconds=seconds + iterations_before * fmean(times),
        # The first log has the iterations that warm up.
        samples_per_second=samples / len(loader) / fmean(times[1:] or times))


def _take_metric(measured: dict, name: str) -> Any:
    """Take one metric of an evaluation, or raise a KeyError that names those that are there."""
    if name not in measured:
        raise KeyError(f'The evaluation gives {sorted(measured)}, but {name!r} is expected. Let the '
                       'evaluators and loops of the config measure it.')
    return measured[name]


@contextmanager
def _runner(config: Config) -> Iterator[Runner]:
    """Build a runner; in the end stop its loaders' workers and close its log files."""
    # MMEngine keeps logs and histories by this name and the second of the start.
    config.experiment_name = f'{config.work_dir}_{next(RUNS)}'
    runner = build_runner(config)
    try:
        yield runner
    finally:
        _stop_workers(runner)
        for handler in [*runner.logger.handlers]:
            if isinstance(handler, logging.FileHandler):
                handler.close()
                runner.logger.removeHandler(handler)  # others go on writing to this logger


def _stop_workers(runner: Runner) -> None:
    """Stop persistent workers now: collected as garbage, each would be waited for, for 5 s."""
    loops = [runner._train_loop, runner._val_loop, runner._test_loop]
    loops += [getattr(loop, 'gallery_loop', None) for loop in loops]
    for loop in loops:
        if isinstance(loop, BaseLoop):  # built, so the loader is
            loop.dataloader._iterator = None


def check_fusion(weights: Sequence[float], cfgs: Mapping[str, Config],
                 tasks: Mapping[str, Sequence[str]]) -> None:
    """Raise a ValueError for a fusion that could not be made; no weights stand for equal ones."""
    if len(cfgs) < 2:
        raise ValueError(f'--fuse fuses streams, but got the one config {list(cfgs)}. Name one config '
                         'for each stream.')
    if without := [config for config, names in tasks.items() if 'linear' not in names]:
        raise ValueError(f'--fuse fuses linear evaluations, but {without} have none in this run. Add '
                         'linear to --tasks, and leave out supervised configs.')
    (first, expected), *others = [
        (name, {key: cfg.val_dataloader.dataset.get(key) for key in TEST_DATA})
        for name, cfg in cfgs.items()]
    for name, data in others:
        if data != expected:
            raise ValueError(f'--fuse fuses streams of the same sequences, but {name} is tested on '
                             f'{data} and {first} on {expected}. Name configs of one data set and '
                             'split.')
    if weights:
        check_weights(weights, len(cfgs))
    name = fusion_name(list(cfgs), weights)
    if len(name.encode()) > LONGEST_NAME:
        raise ValueError(f'--fuse makes a folder of the names, but {name} has more than {LONGEST_NAME} '
                         'bytes. Fuse fewer streams, or give the configs shorter names.')


def fusion_name(configs: Sequence[str], weights: Sequence[float]) -> str:
    """The names joined by '+', with the weights behind them unless they are equal."""
    equal = len(set(weights)) <= 1
    return '+'.join(configs) + ('' if equal else f" ({' : '.join(f'{weight:g}' for weight in weights)})")


def fuse_linear(job: Job, out: Path, configs: Sequence[str], weights: Sequence[float],
                smoke: bool = False) -> dict:
    """Fuse the linear evaluations of the job's seed and encoder, with a result as of ``run_job``."""
    paths = [out / Job(config, job.seed, 'linear', job.encoder).folder / SCORES for config in configs]
    fused = fuse_scores([load_score_dump(str(path)) for path in paths], weights or None, configs)
    result = dict(
        data=(read_result(paths[0].parent) or {}).get('data', ''),
        value=100 * dump_accuracy(fused)['top1'], last_epoch=None, best=None, seconds=None,
        samples_per_second=None, commit=code_commit(), device=device_name(), smoke=smoke)
    write_result(out / job.folder, job, result)
    return result
