"""Small experiments, and a count of what is trained."""
from collections import Counter
from pathlib import Path

import pytest
from mmengine.runner import Runner

from hico_mm.benchmark.benchmark import Benchmark
from hico_mm.benchmark.jobs import load_configs, split_options
from hico_mm.benchmark.smoke import shrink_configs


@pytest.fixture(scope='session')
def make_benchmark():
    """Makes a benchmark of small configs, by the names of the real ones."""
    def make(folder, names='hico_demo', options=None, **arguments):
        options, task_options = split_options(options or {})
        cfgs = shrink_configs(load_configs(names.split(), options), folder / 'data')
        arguments = dict(dict(costs=False, task_options=task_options), **arguments)
        return Benchmark(cfgs, folder / 'out', smoke=True, **arguments)

    return make


@pytest.fixture
def small(make_benchmark, tmp_path):
    """Makes a benchmark of small configs in a folder of this test."""
    return lambda *args, **arguments: make_benchmark(tmp_path, *args, **arguments)


@pytest.fixture
def runs(monkeypatch):
    """Count trainings and tests by the last three parts of their folder."""
    counts = Counter()
    for kind in ('train', 'test'):
        original = getattr(Runner, kind)

        def counted(runner, kind=kind, original=original):
            counts[kind, '/'.join(Path(runner.work_dir).parts[-3:])] += 1
            return original(runner)

        monkeypatch.setattr(Runner, kind, counted)
    return counts
