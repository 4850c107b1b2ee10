"""Makes the slow references and the small models importable."""
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent / 'reference'))
