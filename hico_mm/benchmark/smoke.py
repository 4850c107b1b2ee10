"""Shrink an experiment until it runs in about a second, with nothing of its path left out."""
import copy
from pathlib import Path

import numpy as np
from mmengine.config import Config

from hico_mm.datasets.annotation_file import write_annotation_file
from hico_mm.utils import iter_dicts
from hico_mm.utils.tasks import unformatted

from .jobs import WITH_DATA

NUM_SEQUENCES = 8  # in each split
# Wherever a config has the key.
NUMBERS = dict(batch_size=4, num_workers=0, max_epochs=2, val_interval=1, num_sequences=NUM_SEQUENCES)
NUM_LABELS = 4  # the first class, the last, and some between
NUM_FRAMES = (40, 80)
QUEUE_LENGTH = 16
MAX_WIDTH = 64  # of networks with a list of widths
WIDTHS = dict(hidden_channels=16, base_channels=8)  # of our encoders, and of MMAction2's networks


def shrink_configs(cfgs: dict[str, Config], folder: Path) -> dict[str, Config]:
    """Make small copies of configs; their annotation files become tiny ones, written to the folder."""
    cfgs = {name: shrink(cfg) for name, cfg in cfgs.items()}
    datasets = [node for cfg in cfgs.values() for key in WITH_DATA for node in iter_dicts(cfg.get(key))
                if 'ann_file' in node]
    for path in {dataset['ann_file'] for dataset in datasets}:
        _write_annotations(folder / Path(path).name, [x for x in datasets if x['ann_file'] == path])
    for dataset in datasets:
        dataset['ann_file'] = str(folder / Path(dataset['ann_file']).name)
    return cfgs


def shrink(config: Config) -> Config:
    """Make a copy of a config with small numbers; architecture, pipelines, losses and protocols stay."""
    cfg = unformatted(copy.deepcopy(config))
    head = cfg.model.get('cls_head')
    if head is None:
        cfg.merge_from_dict({'model.queue.length': QUEUE_LENGTH})
    for node in iter_dicts([cfg.model.backbone, (head or {}).get('encoder')]):
        sizes = {key: min(node[key], WIDTHS[key]) for key in WIDTHS.keys() & node.keys()}
        if 'widths' in node:  # of the stages; those of a small copy stay
            factor = max(1, max(node['widths']) // MAX_WIDTH)
            sizes['widths'] = [width // factor for width in node['widths']]
        for key, size in sizes.items():
            if head is not None and 'in_channels' in head:  # a multiple of the width
                head.in_channels = head.in_channels * np.max(size) // np.max(node[key])
            node[key] = size
    for term in (cfg.model.get('contrast') or {}).get('terms', []):  # both stages, an epoch each
        term.update({key: 1 for key in ('begin', 'end') if term.get(key)})
    cfg.log_level = 'ERROR'
    cfg.default_hooks.checkpoint.save_best = None
    for node in iter_dicts(dict(cfg)):
        node.update({key: NUMBERS[key] for key in NUMBERS.keys() & node.keys()})
        if isinstance(node.get('pipeline'), list):  # a data set; serialising it collects garbage first
            node.update(serialize_data=False)
            node.pop('indices', None)  # of more sequences
    return cfg


def _write_annotations(path: Path, datasets: list[dict]) -> None:
    """Write random walks with the splits, joints and classes that configs expect of a file."""
    num_classes = max(dataset.get('num_classes', 1) for dataset in datasets)
    num_joints, num_coords = (datasets[0].get(*x) for x in (('num_joints', 25), ('num_coords', 3)))
    rng = np.random.default_rng(0)
    splits = {}
    for split in sorted({dataset.get('split') or 'all' for dataset in datasets}):
        splits[split] = []
        for number in range(NUM_SEQUENCES):
            label = number % NUM_LABELS * (num_classes - 1) // (NUM_LABELS - 1)
            num_frames = int(rng.integers(*NUM_FRAMES))
            pose = rng.normal(size=(2, 1, num_joints, num_coords))
            walk = rng.normal(scale=0.05, size=(2, num_frames, num_joints, num_coords)).cumsum(1)
            splits[split].append(dict(
                frame_dir=f'{split}_{number}', label=label, total_frames=num_frames,
                keypoint=(pose + walk).astype(np.float32)))
    write_annotation_file(str(path), splits)
