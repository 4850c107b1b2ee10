import subprocess
import sys
from pathlib import Path

import pytest

# A process of its own: gaps in the heap of one that ran many tests would count (see the docstring).
MEASURE = """
import torch
from hico_mm.speed.peak_memory import peak_mebibytes

kept = torch.ones(30 * 2**18)  # 30 MiB, there before

def work():
    torch.ones(50 * 2**18)  # 50 MiB, and given back
    torch.ones(20 * 2**18)

torch.ones(90 * 2**18)  # an earlier peak
print(peak_mebibytes(work, 'cpu'))
assert kept.sum() == 30 * 2**18
"""


@pytest.mark.skipif(not Path('/proc/self/clear_refs').exists(), reason='memory is read from Linux')
def test_peak_is_that_of_the_work_alone():
    printed = subprocess.run([sys.executable, '-c', MEASURE], check=True, capture_output=True, text=True).stdout
    assert 45 < float(printed) < 60
