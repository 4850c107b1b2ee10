"""tools/analysis/packed_store_memory.py, at a size that measures nothing."""
import sys
from pathlib import Path

import numpy as np
import pytest

needs_smaps = pytest.mark.skipif(
    not Path('/proc/self/smaps_rollup').exists(), reason='needs the smaps of Linux')


@pytest.fixture
def script(load_script):
    return load_script('analysis/packed_store_memory')


def test_generated_sequences(script):
    made = [sequence for sequence, _ in script.generate(200)]
    assert {x['keypoint'].shape[1] for x in made} == set(range(10, 31))
    assert all(x['keypoint'].shape == (1, x['total_frames'], 25, 3) for x in made)
    assert made[0]['keypoint'].dtype == np.float16
    assert len({x['frame_dir'] for x in made}) == 200


@needs_smaps
def test_table(script, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(script, 'METHODS', ('fork', ))
    monkeypatch.setattr(sys, 'argv', ['packed_store_memory.py', '--sequences', '20', '30', '--workers',
                                      '2', '--pickled-up-to', '20', '--samples', '5', '--folder',
                                      str(tmp_path)])
    script.main()
    rows = [line.strip('| ').split(' | ') for line in capsys.readouterr().out.splitlines()
            if line.startswith('| ')]
    assert rows[0] == list(script.COLUMNS)
    assert [(row[0], row[1], row[6]) for row in rows[1:]] == [
        ('PackedSkeletonDataset', '20', '2 by fork'), ('SkeletonDataset', '20', '2 by fork'),
        ('PackedSkeletonDataset', '30', '2 by fork')]
    assert all(float(number) < 100 for row in rows[1:] for number in row[3:6] + row[7:])
    assert not list(tmp_path.iterdir())


@needs_smaps
def test_private_memory_is_what_is_written_to(script):
    before = script.private_mib()
    kept = np.ones(2**27 // 8)  # 128 MiB, more than would come from memory freed before
    assert script.private_mib() - before == pytest.approx(kept.nbytes / 2**20, abs=2)
