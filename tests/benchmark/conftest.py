"""Small experiments, and a count of what is trained."""
from collections import Counter
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.runner import Runner

from hico_mm.benchmark.benchmark import Benchmark
from hico_mm.benchmark.smoke import shrink

CONFIGS = Path(__file__).parents[2] / 'configs'


@pytest.fixture
def small(tmp_path):
    """Make a benchmark of small configs, by the names of the real ones."""

    def small(names='hico_demo', out='out', options=None, **arguments):
        cfgs = {name: Config.fromfile(CONFIGS / f'{name}.py') for name in names.split()}
        cfgs = shrink(cfgs, tmp_path / 'data')
        for cfg in cfgs.values():
            cfg.merge_from_dict(options or {})
        return Benchmark(cfgs, tmp_path / out, smoke=True, **dict(dict(costs=False), **arguments))

    return small


@pytest.fixture
def runs(monkeypatch):
    """Count trainings and tests by the last two parts of their folder."""
    counts = Counter()
    for kind in ('train', 'test'):
        original = getattr(Runner, kind)

        def counted(runner, kind=kind, original=original):
            counts[kind, '/'.join(Path(runner.work_dir).parts[-3:])] += 1
            return original(runner)

        monkeypatch.setattr(Runner, kind, counted)
    return counts
