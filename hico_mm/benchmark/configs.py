"""The configs of a benchmark."""
import os.path as osp
from collections.abc import Sequence

from mmengine.config import Config

from hico_mm.utils import load_config, merge_options

from .supervised import is_supervised


def load_configs(paths: Sequence[str], options: dict | None = None) -> dict[str, Config]:
    """Read configs by name, which is also that of their folder.

    Args:
        paths (Sequence[str]): Paths of the configs.
        options (dict, optional): Value by dotted key, merged into each; those of ``tasks`` into
            configs of pre-training alone. Defaults to None.

    Returns:
        dict[str, Config]: The configs.

    Raises:
        FileNotFoundError, ValueError: If a config cannot be read, see ``load_config``, or
            two have the same name.
    """
    cfgs = {}
    for path in paths:
        name = osp.splitext(osp.basename(path))[0]
        if name in cfgs:
            raise ValueError(f'{path}: there is another config {name!r}. Rename one of them, or name '
                             'it once.')
        cfgs[name] = load_config(path)
        without_tasks = is_supervised(cfgs[name])
        merge_options(cfgs[name], {
            key: value for key, value in (options or {}).items()
            if not (without_tasks and key.startswith('tasks.'))})
    return cfgs
