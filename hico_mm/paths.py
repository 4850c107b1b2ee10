"""Where the project's own configs and tools are; imports nothing, so that the command line is quick."""
from pathlib import Path

_PACKAGE = Path(__file__).parent
# A wheel has them in the folder where OpenMMLab's tools look for those of a package.
_INSTALLED = _PACKAGE / '.mim'
ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
CONFIGS, TOOLS = ROOT / 'configs', ROOT / 'tools'
