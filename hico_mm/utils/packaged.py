"""Where the project's configs and scripts are, in a checkout and where it is installed."""
import difflib
import os.path as osp
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
# A wheel has them in the folder where OpenMMLab's tools look for those of a package.
_INSTALLED = _PACKAGE / '.mim'
ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
CONFIGS, TOOLS = ROOT / 'configs', ROOT / 'tools'


def find_config(path: str) -> str:
    """Find a config file by its path, or else among the project's own by its name.

    Args:
        path (str): Path of a file; or the name of an own config as ``hico_demo``, ``hico_demo.py``
            or ``configs/hico_demo.py``, from any working directory.

    Returns:
        str: Path of the file.

    Raises:
        FileNotFoundError: If there is neither.
    """
    if osp.isfile(path):
        return path
    own = {file.stem: str(file) for file in sorted(CONFIGS.glob('*.py'))}
    name = Path(path)
    if name.stem in own and name.suffix in ('', '.py') and name.parent in (Path(), Path('configs')):
        return own[name.stem]
    close = difflib.get_close_matches(name.stem, own)
    advice = f'Did you mean one of {close}?' if close else 'Name a file, or one of them as hico_demo.'
    raise FileNotFoundError(f'Config file {path} does not exist (looked for {osp.abspath(path)}, and '
                            f'among the configs of hico_mm). {advice}')
