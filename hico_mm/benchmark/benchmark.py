"""Every number of the paper, by pre-training and tasks in one go; other networks beside it."""
import os.path as osp
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mmengine.config import Config

from hico_mm.datasets import check_annotation_files
from hico_mm.utils import check_checkpoint, check_writable
from hico_mm.utils.provenance import code_commit

from .comparison import CONFIG, COSTS, task_column
from .costs import read_costs, update_costs
from .execute import run_step
from .fusion import check_fusion, fuse_linear, fusion_steps
from .options import check_checkpoints, check_encoder, check_numbers, check_sort, check_tasks
from .paper_numbers import tasks_of_the_paper
from .results import write_results
from .settings import check_settings, settings_of
from .smoke import unformatted
from .step_results import read_results
from .steps import ENCODERS, WITH_DATA, Step, check_task, pretraining_step, step_config, task_steps
from .supervised import TASK, is_supervised


@dataclass
class Benchmark:
    """Configs, and what is to be measured of each.

    Args:
        cfgs (dict[str, Config]): Configs by name, of pre-training or of training with labels.
        out (Path): Folder of all steps and of the results.
        tasks (Sequence[str], optional): Tasks of every pre-training config. Defaults to None: those
            for which the paper has a number.
        labels (Sequence[float]): Labelled fractions of 'semi'. Defaults to those of Table 6.
        seeds (int): Number of seeds. Defaults to 1.
        draws (int): Number of draws of the labels. Defaults to 5.
        checkpoints (Sequence[str]): Encoders instead of a pre-training: one, one per seed, or one
            per seed for each pre-training config in turn. Defaults to none.
        untrained (bool): Whether to run the tasks with an untrained encoder too. Defaults to True.
        weights (Sequence[float], optional): Weights of the configs in a fusion of their linear
            evaluations. Defaults to None: no fusion.
        costs (bool): Whether to measure what the configs cost. Defaults to True.
        sort (str, optional): Column by which the comparison is sorted. Defaults to None: the first
            accuracy.
        smoke (bool): Whether the configs are small ones, so that the numbers mean nothing. Defaults
            to False.
    """
    cfgs: dict[str, Config]
    out: Path
    tasks: Sequence[str] | None = None
    labels: Sequence[float] = (0.01, 0.1)
    seeds: int = 1
    draws: int = 5
    checkpoints: Sequence[str] = ()
    untrained: bool = True
    weights: Sequence[float] | None = None
    costs: bool = True
    sort: str | None = None
    smoke: bool = False

    def check(self) -> None:
        """Refuse what could not be run to its end, before anything is.

        Raises:
            FileNotFoundError: If data or a checkpoint is missing.
            KeyError: If a config does not have a task.
            ValueError: If a number is out of range, something is named twice, a checkpoint is corrupt
                or of another encoder, or a step was made with other settings.
        """
        code_commit()  # now, since the checkout may move on while this runs
        check_numbers(self.seeds, self.draws)
        check_tasks(self.tasks or (), self.labels)
        check_checkpoints(len(self.checkpoints), self.seeds, len(self._pretrained()))
        if self.weights is not None:
            check_fusion(self.weights, self.cfgs, {name: self._tasks(name) for name in self.cfgs})
        for cfg in self.cfgs.values():
            if cfg.get('load_from'):
                check_checkpoint(cfg.load_from)
        for name in self._pretrained() if self.checkpoints else ():
            for checkpoint in {self._given_checkpoint(name, seed) for seed in range(self.seeds)}:
                check_encoder(self.cfgs[name], checkpoint)
        for name, cfg in self.cfgs.items():
            check_annotation_files(*(cfg.get(key) for key in WITH_DATA))
            for task in self._tasks(name):
                check_task(cfg, task)
        check_writable(str(self.out), '--out')
        self._check_settings()
        self._check_sort()

    def _check_sort(self) -> None:
        columns = dict.fromkeys(task_column(step.task, step.labels)
                                for step in [*self._steps(0), *read_results(self.out)]
                                if step.task != 'pretrain')
        costs = COSTS if self.costs or read_costs(self.out) else ()
        check_sort(self.sort, [CONFIG, *columns, *costs])

    def _check_settings(self) -> None:
        steps = {}
        for seed in range(self.seeds):
            steps.update(self._steps(seed))
        # Earlier steps of other seeds and draws stand in the same row.
        names = {replace(step, seed=0, draw=0): name for step, name in steps.items()}
        for step in read_results(self.out):
            if (name := names.get(replace(step, seed=0, draw=0))) is not None:
                steps[step] = name
        for step, name in steps.items():
            folder = self.out / step.folder
            if folder.exists():
                settings = settings_of(self._config(step, name), step.task, None)
                del settings['encoder']  # its checkpoint may not be there yet
                check_settings(folder, settings)

    def run(self, asked: dict) -> list[dict]:
        """Measure the costs, run all steps that have no result yet, and write the tables after each.

        What was measured or run is not repeated; see :func:`update_costs`.

        Args:
            asked (dict): What was asked for, to stand beside the results.

        Returns:
            list[dict]: All rows of the folder, those of earlier runs included.
        """
        code_commit()
        if self.costs:  # first: a model that cannot be trained fails here, and not after hours
            update_costs(self.out, self.cfgs, **(dict(rounds=1) if self.smoke else {}))
        pending = {step for seed in range(self.seeds)
                   for step in [*self._steps(seed), *self._fusion_steps(seed)]}
        pending -= read_results(self.out).keys()
        for seed in range(self.seeds):
            for step, result in self._run_seed(seed):
                print(f"{step.folder}: {step.metric} {result['value']:.2f} %", flush=True)
                if step in pending:
                    pending.remove(step)
                    write_results(self.out, asked, self.sort, len(pending))
        return write_results(self.out, asked, self.sort)

    def _run_seed(self, seed: int) -> Iterator[tuple[Step, dict]]:
        for name in self.cfgs:
            yield from self._run_config(name, seed)
        if self.weights is not None:
            yield from fuse_linear(
                self.out, list(self.cfgs), seed, self._encoders(), self.weights, self.smoke)

    def _run_config(self, name: str, seed: int) -> Iterator[tuple[Step, dict]]:
        """Pre-train if necessary, and yield it and each task with their results."""
        if is_supervised(self.cfgs[name]):
            step, = self._task_steps(name, seed)
            yield step, self._result(step, self._config(step, name))
            return
        checkpoint, pretraining = self._given_checkpoint(name, seed), None
        if checkpoint is None:
            step = pretraining_step(self.cfgs[name], seed)
            config = self._config(step, name)
            pretraining = self._result(step, config)
            yield step, pretraining
            checkpoint = osp.join(config.work_dir, f"epoch_{pretraining['last_epoch']}.pth")
            check_checkpoint(checkpoint)
        for step in self._task_steps(name, seed):
            trained = step.encoder == 'pretrained'
            config = self._config(step, name, checkpoint if trained else None)
            yield step, self._result(step, config, pretraining if trained else None)

    def _result(self, step: Step, config: Config, pretraining: dict | None = None) -> dict:
        return run_step(step, config, pretraining, self.smoke)

    def _tasks(self, name: str) -> Sequence[str]:
        if is_supervised(self.cfgs[name]):
            return [TASK]
        return tasks_of_the_paper(name) if self.tasks is None else self.tasks

    def _pretrained(self) -> list[str]:
        return [name for name, cfg in self.cfgs.items() if not is_supervised(cfg)]

    def _encoders(self) -> Sequence[str]:
        return ENCODERS if self.untrained else ENCODERS[:1]

    def _steps(self, seed: int) -> dict[Step, str]:
        """List the steps of a seed but fusions, each with the name of its config."""
        steps = {}
        for name, cfg in self.cfgs.items():
            if not (self.checkpoints or is_supervised(cfg)):
                steps.setdefault(pretraining_step(cfg, seed), name)
            steps.update(dict.fromkeys(self._task_steps(name, seed), name))
        return steps

    def _fusion_steps(self, seed: int) -> list[Step]:
        if self.weights is None:
            return []
        return fusion_steps(list(self.cfgs), seed, self._encoders(), self.weights)

    def _task_steps(self, name: str, seed: int) -> list[Step]:
        return task_steps(
            name, seed, self._tasks(name), self.labels, self.draws, self._encoders())

    def _config(self, step: Step, name: str, checkpoint: str | None = None) -> Config:
        # Of configs that share a pre-training, the one that gives it its name is the best to do it.
        cfg = self.cfgs.get(step.config, self.cfgs[name])
        config = step_config(step, cfg, self.out, checkpoint)
        return unformatted(config) if self.smoke else config

    def _given_checkpoint(self, name: str, seed: int) -> str | None:
        if len(self.checkpoints) <= 1:
            return next(iter(self.checkpoints), None)
        if len(self.checkpoints) == self.seeds:
            return self.checkpoints[seed]
        return self.checkpoints[self._pretrained().index(name) * self.seeds + seed]
