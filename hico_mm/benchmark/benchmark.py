"""Every number of the paper, by pre-training and tasks in one go; other networks beside it."""
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, product
from pathlib import Path

from mmengine.config import Config

from hico_mm.apis.inference import load_recognizer
from hico_mm.datasets import check_annotation_files
from hico_mm.utils import check_checkpoint, check_writable, merge_options
from hico_mm.utils.progress import track_by_name
from hico_mm.utils.provenance import code_commit
from hico_mm.utils.tasks import make_task_config

from .comparison import CONFIG, COSTS, columns_of, means_of
from .jobs import (
    TRAINED_TASKS,
    WITH_DATA,
    Job,
    check_job,
    data_name,
    encoder_name,
    is_supervised,
    job_config,
    of_coordinates,
    pretraining_job,
)
from .paper_numbers import tasks_of_the_paper
from .records import check_settings, read_costs, read_results, settings_of, update_costs
from .run import check_fusion, fuse_linear, fusion_name, run_job
from .smoke import shrink
from .tables import write_results


@dataclass
class Benchmark:
    """Configs, and what is to be measured of each."""

    cfgs: dict[str, Config]  # by name, of pre-training or of training with labels
    out: Path  # folder of all jobs and of the results
    # Tasks of every pre-training config; None for those for which the paper has a number.
    tasks: Sequence[str] | None = None
    # Labelled fractions of 'semi', or from 1 on the number per class; these are those of Table 6.
    labels: Sequence[float] = (0.01, 0.1)
    seeds: int = 1  # number of seeds
    draws: int = 5  # number of draws of the labels
    # Instead of a pre-training: one, one per seed, or one per seed for each pre-training config in turn.
    checkpoints: Sequence[str] = ()
    encoders: Sequence[str] = ('pretrained', 'untrained')  # that run the tasks, of ENCODERS
    # Of the configs in a fusion of their linear evaluations, empty for equal ones; None for no fusion.
    weights: Sequence[float] | None = None
    costs: bool = True  # whether to measure what the configs cost
    sort: str | None = None  # column by which the comparison is sorted; None for the first accuracy
    smoke: bool = False  # whether the configs are small ones (shrink), so that the numbers mean nothing
    task_options: Mapping[str, dict] = field(default_factory=dict)  # by task (split_options)
    _task_cfgs: dict[tuple[str, str], Config] = field(default_factory=dict, init=False, repr=False)

    def check(self) -> None:
        """Refuse what could not be run to its end, before anything is."""
        code_commit()  # now, since the checkout may move on while this runs
        self._check_numbers()
        given = self._given_checkpoints()
        if self.weights is not None:
            check_fusion(self.weights, self.cfgs, {name: self._tasks(name) for name in self.cfgs})
        for cfg in self.cfgs.values():
            if cfg.get('load_from'):
                check_checkpoint(cfg.load_from)
            check_annotation_files(*(cfg.get(key) for key in WITH_DATA))
        by_encoder = {encoder_name(name): cfg for name, cfg in self.cfgs.items()}
        for name, checkpoint in {(name, checkpoint) for (name, _), checkpoint in given.items()}:
            if '://' not in checkpoint:  # MMEngine loads URLs
                load_recognizer(by_encoder[name], checkpoint, with_head=False)
        check_writable(str(self.out), '--out')
        self._check_jobs()
        self._check_sort()

    def _check_numbers(self) -> None:
        for option, number in (('--seeds', self.seeds), ('--draws', self.draws)):
            if number < 1:
                raise ValueError(f'{option} {number}: expected at least 1.')
        for number in self.labels:
            if not 0 < number < 1 and (number < 1 or number % 1):
                raise ValueError(f'--labels {number:g}: expected fractions below 1, such as 0.01 for 1 '
                                 '% of the labels, or whole numbers of labels per class.')
        # Numbers that are written alike have the same folder.
        labels = [f'{number:g}' for number in self.labels]
        for option, names in (('--tasks', self.tasks or ()), ('--labels', labels)):
            if len(set(names)) < len(names):
                raise ValueError(f"{option} {' '.join(names)}: name each once, since a repetition is no "
                                 'new measurement.')

    def _given_checkpoints(self) -> dict[tuple[str, int], str]:
        """The checkpoint of each pre-training config and seed; refuse a number that does not fit."""
        names = list(dict.fromkeys(
            encoder_name(name) for name, cfg in self.cfgs.items() if not is_supervised(cfg)))
        pairs = list(product(names, range(self.seeds)))
        number, seeds, configs = len(self.checkpoints), self.seeds, len(names)
        if number and not configs:
            raise ValueError(f'--checkpoint names {number} files, but supervised configs take none. '
                             'Leave it out, or name a pre-training config.')
        if number == seeds == configs > 1:
            raise ValueError(
                f'--checkpoint names {number} files, which may be one per seed or one per config. Name '
                f'seeds x configs = {len(pairs)} files, those of all seeds for each config in turn.')
        if number not in (0, 1, seeds, len(pairs)):
            raise ValueError(
                f'--checkpoint names {number} files for {seeds} seed(s) and {configs} config(s). Name '
                f'one, one per seed ({seeds}), or one per seed for each config in turn ({len(pairs)}).')
        return dict(zip(pairs, cycle(self.checkpoints), strict=False))

    def _check_jobs(self) -> None:
        """Refuse configs that do not give what is measured, and jobs made with other settings."""
        jobs = self._jobs()
        # Earlier jobs of other seeds and draws stand in the same row.
        names = {replace(job, seed=0, draw=0): name for job, name in jobs.items()}
        for job in read_results(self.out):
            if (name := names.get(replace(job, seed=0, draw=0))) is not None:
                jobs[job] = name
        for name, _ in track_by_name(self.cfgs, 'checked'):
            for job in [job for job, own in jobs.items() if own == name]:
                config = self._config(job, name)
                check_job(job, config)
                folder = self.out / job.folder
                if folder.exists():
                    settings = settings_of(
                        job_config(job, config, self.out), job.task, data=not self.smoke)
                    del settings['encoder']  # its checkpoint may not be there yet
                    check_settings(folder, settings)

    def _check_sort(self) -> None:
        """Refuse a column that the comparison will not have."""
        data = {name: data_name(name, cfg) for name, cfg in self.cfgs.items()}
        fused = next(iter(data.values()))  # streams are of the same data
        tasks = columns_of([
            *((job.task, job.labels, data.get(name, fused)) for job, name in self._jobs().items()),
            *((job.task, job.labels, result.get('data', ''))
              for job, result in read_results(self.out).items())]).values()
        columns = dict.fromkeys([
            CONFIG, *tasks, *means_of(tasks), *(COSTS if self.costs or read_costs(self.out) else ())])
        if self.sort not in (None, *columns):
            raise ValueError(f'--sort {self.sort}: the comparison has no such column. Name one of '
                             f"{', '.join(columns)}.")

    def run(self, asked: dict) -> list[dict]:
        """Measure the costs, run all jobs that have no result yet, and write the tables after each.

        What was ``asked`` for stands beside the results. Returns all rows of the folder, those of
        earlier commands included.
        """
        code_commit()
        jobs, results = self._jobs(), {}
        encoders = {job.encoder for job in jobs} - {'coordinates'}
        if self.costs and encoders:  # first: a model that cannot be trained fails here, not after hours
            cfgs = {encoder_name(name): cfg for name, cfg in self.cfgs.items()}
            update_costs(self.out, cfgs, encoders != {'untrained'},
                         **(dict(rounds=1) if self.smoke else {}))
        pending = jobs.keys() - read_results(self.out).keys()
        for job, name in jobs.items():
            start = time.perf_counter()
            results[job] = self._run_job(job, name, results)
            print(f"{job.folder}: {job.metric} {results[job]['value']:.2f} %, "
                  f'{time.perf_counter() - start:.1f} s', flush=True)
            if job in pending:
                pending.remove(job)
                write_results(self.out, asked, self.sort, len(pending))
        return write_results(self.out, asked, self.sort)

    def _run_job(self, job: Job, name: str, results: Mapping[Job, dict]) -> dict:
        if job.task == 'fusion':
            return fuse_linear(job, self.out, list(self.cfgs), self.weights, self.smoke)
        checkpoint = pretraining = None
        if job.task != 'pretrain' and job.encoder == 'pretrained':
            checkpoint = self._given_checkpoints().get((encoder_name(name), job.seed))
            if checkpoint is None:
                source = pretraining_job(self.cfgs[name], job.seed)
                pretraining = results[source]
                checkpoint = str(self.out / source.folder / f"epoch_{pretraining['last_epoch']}.pth")
            check_checkpoint(checkpoint)
        config = job_config(job, self._config(job, name), self.out, checkpoint)
        return run_job(job, config, pretraining, self.smoke)

    def _jobs(self) -> dict[Job, str]:
        """List all jobs in their order, each with the name of a config that it is for."""
        jobs = {}
        for seed in range(self.seeds):
            for name, cfg in self.cfgs.items():
                if is_supervised(cfg):
                    jobs[Job(name, seed, 'supervised', 'supervised')] = name
                    continue
                if not self.checkpoints and 'pretrained' in self.encoders:
                    jobs.setdefault(pretraining_job(cfg, seed), name)
                for task in self._tasks(name):
                    cases = product(self.labels, range(self.draws)) if task == 'semi' else [(None, 0)]
                    for (labels, draw), encoder in product(cases, self.encoders):
                        if seed == 0 or (encoder, task) != ('coordinates', 'knn'):  # nothing is random
                            jobs[Job(name, seed, task, encoder, labels, draw)] = name
            if self.weights is not None:
                fused = fusion_name(list(self.cfgs), self.weights)
                jobs.update({Job(fused, seed, 'fusion', encoder): fused for encoder in self.encoders})
        return jobs

    def _tasks(self, name: str) -> Sequence[str]:
        if is_supervised(self.cfgs[name]):
            return ['supervised']
        return tasks_of_the_paper(name) if self.tasks is None else self.tasks

    def _config(self, job: Job, name: str) -> Config:
        """The config of a job of the config of this name, for all seeds and draws."""
        # Of configs that share a pre-training, the one that gives it its name is the best to do it.
        config = self.cfgs.get(job.config, self.cfgs[name])
        key = name, job.task, job.encoder == 'coordinates'
        if key not in self._task_cfgs:
            config = of_coordinates(config) if job.encoder == 'coordinates' else config
            if job.task in TRAINED_TASKS:
                config = make_task_config(config, job.task)
                merge_options(config, self.task_options.get(job.task, {}))
                config = shrink(config) if self.smoke else config
            self._task_cfgs[key] = config
        return self._task_cfgs[key]
