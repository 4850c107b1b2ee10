"""Makes the slow references importable: ``slow_layers`` and ``slow_hico``."""
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent / 'reference'))
