"""The two augmented views of a training sequence, as a config's pipeline makes them."""
import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from mmaction.registry import DATASETS, MODELS
from mmengine.config import Config


@dataclass(frozen=True)
class ViewPair:
    """What training makes of one sequence.

    Args:
        name (str): ``frame_dir`` of the sequence and, if it has one, its class.
        original (np.ndarray): What was augmented, (M, T, V, C).
        views (np.ndarray): The two views, (2, M, T, V, C), joints of whatever stream.
        parents (tuple[int]): Parent of each of the V joints.
        stream (str): What the model derives from the joints: ``'joint'``, ``'bone'`` or ``'motion'``.
    """

    name: str
    original: np.ndarray
    views: np.ndarray
    parents: tuple[int, ...]
    stream: str

    @property
    def content(self) -> str:
        """str: What the views are, in words."""
        stream = '' if self.stream == 'joint' else f', before its {self.stream} stream is derived'
        return f'joints as the network gets them{stream}'

    @property
    def zeroed(self) -> np.ndarray:
        """np.ndarray: Which joints a view has set to zero in all frames, (2, M, V) bool."""
        zeroed = ~self.views.any(axis=(2, 4))  # (2, M, V)
        num_persons = min(len(self.original), zeroed.shape[1])
        # The joint on which skeletons are centred is zero before, too.
        zeroed[:, :num_persons] &= self.original[:num_persons].any(axis=(1, 3))
        zeroed[:, num_persons:] = False
        return zeroed


class Recorder:
    """A transform that changes nothing and keeps the joints that came last."""

    keypoint: np.ndarray

    def __call__(self, results: dict) -> dict:
        self.keypoint = np.array(results['keypoint'], dtype=np.float32)
        return results


def load_views(cfg: Config, index: int, epoch: int = 0, seed: int = 0) -> ViewPair:
    """Make the views that training sees of one sequence in one epoch.

    Args:
        cfg (Config): A pre-training config.
        index (int): Index of the sequence in the training data.
        epoch (int): Number of the epoch, from 0. Defaults to 0.
        seed (int): Seed of the run. Defaults to 0.

    Returns:
        ViewPair: The sequence and its views.

    Raises:
        ValueError: If the config does not train on two views that follow from seed, epoch and index,
            there is no such sequence, or its joints are not those of the model's bones.
    """
    config = copy.deepcopy((cfg.get('train_dataloader') or {}).get('dataset') or {})
    recorder = Recorder()
    if config.get('type') != 'SeededDataset' or not _insert_before_views(config, recorder):
        raise ValueError(f'{cfg.filename} trains on no pairs of views that can be repeated. Name a '
                         'pre-training config, with TwoViews in its pipeline and SeededDataset around '
                         'its training data.')
    parents, stream = load_bones(cfg)
    dataset = DATASETS.build(config)
    if not 0 <= index < len(dataset):
        raise ValueError(f'--index {index} is out of range: the training data of {cfg.filename} has '
                         f'{len(dataset)} sequences, 0 to {len(dataset) - 1}.')
    dataset.set_epoch(seed, epoch)
    views = dataset[index]['inputs'].numpy()
    check_bones(views, parents, cfg)
    return ViewPair(_name(dataset, index), recorder.keypoint, views, parents, stream)


def load_bones(cfg: Config) -> tuple[tuple[int, ...], str]:
    """Look up the bones and the stream of a config's model.

    Args:
        cfg (Config): A config of a model with a ``SkeletonPreprocessor``.

    Returns:
        tuple[tuple[int], str]: Parent of each of the V joints, and ``'joint'``, ``'bone'`` or
        ``'motion'``.

    Raises:
        ValueError: If the model has another preprocessor.
    """
    config = cfg.model.get('data_preprocessor') or dict(type='SkeletonPreprocessor')
    preprocessor = MODELS.build(config)
    if not hasattr(preprocessor, 'parents'):
        raise ValueError(f"model.data_preprocessor of {cfg.filename} is {config['type']}, which knows "
                         "no bones. Use dict(type='SkeletonPreprocessor', parents=...).")
    return tuple(preprocessor.parents.tolist()), preprocessor.stream


def check_bones(keypoint: np.ndarray, parents: tuple[int, ...], cfg: Config) -> None:
    """Refuse bones that are not of the joints.

    Args:
        keypoint (np.ndarray): Joint coordinates (..., V, C).
        parents (tuple[int]): Parents of joints.
        cfg (Config): Where they are from.

    Raises:
        ValueError: If their numbers differ.
    """
    if keypoint.shape[-2] != len(parents):
        raise ValueError(f'The sequences have {keypoint.shape[-2]} joints, but '
                         f'model.data_preprocessor.parents of {cfg.filename} has {len(parents)}. Give '
                         'the parents of this layout.')


def _insert_before_views(node: Any, recorder: Recorder) -> bool:
    """Put a recorder before every TwoViews below a node of a config; say whether there is one."""
    if isinstance(node, dict):
        return any([_insert_before_views(child, recorder) for child in node.values()])
    if not isinstance(node, list):
        return False
    found = any([_insert_before_views(child, recorder) for child in node])
    for place, child in reversed([*enumerate(node)]):
        if isinstance(child, dict) and child.get('type') == 'TwoViews':
            node.insert(place, recorder)
            found = True
    return found


def _name(dataset: Any, index: int) -> str:
    info, classes = dataset.get_data_info(index), dataset.metainfo.get('classes')
    name, label = info.get('frame_dir', f'sequence {index}'), info.get('label')
    if label is None:
        return name
    return f'{name}, {classes[label]}' if classes else f'{name}, class {label}'
