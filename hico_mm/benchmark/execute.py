"""Run one step, or take its result from disk."""
import itertools
import logging
import os
import os.path as osp
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.config import Config
from mmengine.runner import Runner

from hico_mm.utils import find_resume_checkpoint, load_checkpoint_file
from hico_mm.utils.launch import build_runner
from hico_mm.utils.provenance import code_commit, device_name

from . import run_log
from .settings import check_settings, settings_of, write_settings
from .step_results import read_result, write_result
from .steps import Step

SCORES = 'scores.pkl'
RUNS = itertools.count()  # of this process


def run_step(step: Step, config: Config, pretraining: dict | None = None,
             smoke: bool = False) -> dict:
    """Run a step unless its result is there; an interrupted training goes on where it was.

    Args:
        step (Step): The step.
        config (Config): Its config; ``load_from`` is the encoder of a task, None an untrained one.
        pretraining (dict, optional): Result of the pre-training that retrieval evaluates. Defaults to
            None: it is unknown, or there was none.
        smoke (bool): Whether the config is a small one, so that the numbers mean nothing. Defaults to
            False.

    Returns:
        dict: ``value`` (percent), ``last_epoch``, ``best`` (``value`` and ``epoch``, or None),
        ``seconds`` of training (of a resumed one, its first part without evaluations),
        ``samples_per_second``, ``commit``, ``device`` and ``smoke``. What is unknown is None.

    Raises:
        KeyError: If the evaluation lacks the metric of the step.
        ValueError: If the folder holds the step with other settings.
    """
    folder = Path(config.work_dir)
    settings = settings_of(config, step.task, config.load_from)
    check_settings(folder, settings)
    result = read_result(folder)
    if result is None:
        write_settings(folder, settings)
        run = _retrieve if step.task == 'knn' else _train
        result = dict(run(step, config, pretraining), commit=code_commit(), device=device_name(),
                      smoke=smoke)
        write_result(folder, step, result)
    return result


def _retrieve(step: Step, config: Config, pretraining: dict | None) -> dict:
    """Evaluate an encoder by its neighbours; the epochs are those of its pre-training."""
    with _runner(config) as runner:
        if config.load_from is None:
            runner.model.init_weights()  # as training does, but testing does not
        value = 100 * run_log.metric_value(runner.test(), step.metric)
    known = pretraining or {}
    # Configs that share a pre-training evaluate on other data than its log does.
    best = known['best'] if known.get('config') == step.config else None
    return dict(config=step.config, value=value, last_epoch=known.get('last_epoch'), best=best,
                seconds=None, samples_per_second=None)


def _train(step: Step, config: Config, _: dict | None) -> dict:
    """Train, from the newest checkpoint if there is one, and take the result of the last epoch."""
    checkpoint, iterations_before = find_resume_checkpoint(config.work_dir), 0
    if checkpoint is not None:
        config.resume, config.load_from = True, checkpoint
        iterations_before = load_checkpoint_file(checkpoint)['meta']['iter']
    if step.task == 'linear':
        config.test_evaluator = [config.test_evaluator, _score_dump(config)]
    with _runner(config) as runner:
        runner.register_hook(run_log.EvaluationsHook(step.metric))
        start = time.perf_counter()
        runner.train()
        seconds = time.perf_counter() - start
        result = _result(step, runner, seconds, iterations_before)
        if step.task == 'linear':
            runner.test()
            os.replace(_score_dump(config)['out_file_path'], Path(config.work_dir, SCORES))
    return result


def _score_dump(config: Config) -> dict:
    """The metric that writes the scores, under another name until they are complete."""
    return dict(type='DumpResults', out_file_path=osp.join(config.work_dir, f'unfinished_{SCORES}'))


def _result(step: Step, runner: Runner, seconds: float, iterations_before: int) -> dict:
    if runner.epoch not in run_log.read_evaluations(runner.work_dir):  # killed in its last evaluation
        runner.val_loop.run()
    evaluations = run_log.read_evaluations(runner.work_dir)
    epoch, best = run_log.best_evaluation(evaluations)
    loader = runner.train_dataloader
    samples = len(loader) * loader.batch_size
    if not loader.drop_last:
        samples = min(samples, len(loader.dataset))
    times = run_log.iteration_times(runner.message_hub)
    return dict(
        config=Path(runner.cfg.filename).stem, value=100 * evaluations[runner.epoch],
        last_epoch=runner.epoch, best=dict(value=100 * best, epoch=epoch),
        seconds=seconds + sum(times[:iterations_before]),
        samples_per_second=run_log.samples_per_second(times, samples / len(loader)))


@contextmanager
def _runner(config: Config) -> Iterator[Runner]:
    """Build a runner, and close its log files in the end."""
    # MMEngine keeps logs and histories by this name and the second of the start.
    config.experiment_name = f'{config.work_dir}_{next(RUNS)}'
    runner = build_runner(config)
    try:
        yield runner
    finally:
        for handler in [*runner.logger.handlers]:
            if isinstance(handler, logging.FileHandler):
                handler.close()
                runner.logger.removeHandler(handler)  # others go on writing to this logger
