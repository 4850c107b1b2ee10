"""The checkpoint to resume from."""
import logging
import re
from pathlib import Path

from mmengine.logging import print_log

from hico_mm.compat import load_checkpoint_file


def find_resume_checkpoint(work_dir: str) -> str | None:
    """Find the newest complete checkpoint of a run.

    MMEngine trusts the file ``last_checkpoint``, which names a checkpoint that a killed run may
    have left incomplete, or have been about to write.

    Args:
        work_dir (str): Folder of the run, with files ``epoch_*.pth`` or ``iter_*.pth``.

    Returns:
        str or None: Path of the readable checkpoint with the largest number, if there is any.
    """
    numbered = [(int(match[1]), path) for path in Path(work_dir).glob('*.pth')
                if (match := re.fullmatch(r'(?:epoch|iter)_(\d+)\.pth', path.name))]
    for _, path in sorted(numbered, reverse=True):
        try:
            load_checkpoint_file(str(path))
        except ValueError as error:
            print_log(f'Not resuming from it: {error}', 'current', logging.WARNING)
        else:
            return str(path)
    return None
