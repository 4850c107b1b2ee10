"""What the configs of a benchmark cost, measured together and kept beside their results."""
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from mmengine.config import Config

from hico_mm.speed.cost import measure_costs
from hico_mm.utils import atomic_write
from hico_mm.utils.provenance import device_name

from .settings import settings_of

FILE_NAME = 'costs.json'


def update_costs(out: Path, cfgs: Mapping[str, Config], **options) -> None:
    """Measure what configs cost, unless all of them were measured together before.

    Only timings of one measurement can be compared. So a new or changed config, another machine or
    another PyTorch lets all be measured anew, and the costs of configs that are not among them are
    dropped.

    Args:
        out (Path): Folder of the benchmark.
        cfgs (Mapping[str, Config]): The configs by name.
        **options: Of :func:`measure_costs`.
    """
    measurement = dict(
        device=device_name(), threads=torch.get_num_threads(), torch=torch.__version__, **options)
    settings = {name: dict(settings_of(cfg, 'cost', None), **measurement)
                for name, cfg in cfgs.items()}
    saved = _read(out)
    if all(name in saved and saved[name]['settings'] == own for name, own in settings.items()):
        return
    print(f'Measuring what {len(cfgs)} configs cost', flush=True)
    costs = measure_costs(cfgs, **options)
    content = {name: dict(settings=own, cost=costs[name]) for name, own in settings.items()}
    with atomic_write(out / FILE_NAME) as file:
        file.write(json.dumps(content, indent=1).encode())


def read_costs(out: Path) -> dict[str, dict]:
    """Read what was measured.

    Args:
        out (Path): Folder of the benchmark.

    Returns:
        dict[str, dict]: Costs by config.
    """
    return {name: entry['cost'] for name, entry in _read(out).items()}


def _read(out: Path) -> dict:
    path = out / FILE_NAME
    return json.loads(path.read_text()) if path.exists() else {}
