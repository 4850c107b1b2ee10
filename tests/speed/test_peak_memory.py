from pathlib import Path

import pytest
import torch

from hico_mm.speed.peak_memory import peak_mebibytes

pytestmark = pytest.mark.skipif(
    not Path('/proc/self/clear_refs').exists(), reason='memory is read from Linux')


def test_peak_is_that_of_the_work_alone():
    kept = torch.ones(30 * 2**18)  # 30 MiB, there before

    def work():
        torch.ones(50 * 2**18)  # 50 MiB, and given back
        torch.ones(20 * 2**18)

    torch.ones(90 * 2**18)  # an earlier peak
    assert 45 < peak_mebibytes(work, 'cpu') < 60
    assert kept.sum() == 30 * 2**18
