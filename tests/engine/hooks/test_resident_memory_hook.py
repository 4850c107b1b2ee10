import re
import resource
from pathlib import Path

import pytest

from hico_mm.engine.hooks import resident_memory_hook
from hico_mm.engine.hooks.resident_memory_hook import resident_megabytes


@pytest.mark.skipif(not Path('/proc/self/status').exists(), reason='needs Linux')
def test_is_the_resident_set():
    kibibytes = int(re.search(r'VmRSS:\s*(\d+) kB', Path('/proc/self/status').read_text())[1])
    assert resident_megabytes() == pytest.approx(kibibytes / 1024, abs=20)


@pytest.mark.parametrize('platform, unit', [('linux', 2**10), ('darwin', 2**20)])
def test_falls_back_on_the_peak(monkeypatch, platform, unit):
    monkeypatch.setattr(resident_memory_hook, 'STATM', Path('missing'))
    monkeypatch.setattr(resident_memory_hook.sys, 'platform', platform)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
    assert resident_megabytes() == pytest.approx(peak, abs=5)


def test_is_in_the_log(toy_runner, monkeypatch):
    monkeypatch.setattr(resident_memory_hook, 'resident_megabytes', lambda: 1234)
    runner = toy_runner(custom_hooks=[dict(type='ResidentMemoryHook')])
    runner.train()
    assert 'memory: 1234' in next(Path(runner.log_dir).glob('*.log')).read_text()


def test_leaves_gpus_to_mmengine(toy_runner, monkeypatch):
    monkeypatch.setattr(resident_memory_hook, 'get_device', lambda: 'cuda')
    runner = toy_runner(custom_hooks=[dict(type='ResidentMemoryHook')])
    runner.train()
    assert 'train/memory' not in runner.message_hub.log_scalars
