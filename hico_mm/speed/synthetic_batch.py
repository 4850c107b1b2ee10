"""Samples of the shape that a config trains on, made without its data set."""
import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose
from torch import nn

from hico_mm.utils import iter_dicts

NUM_PERSONS, NUM_FRAMES = 2, 100  # of a sequence, before the pipeline makes of it what it is to be


def make_samples(cfg: Config, backbone: nn.Module, number: int) -> list[dict]:
    """Run the training pipeline of a config on random sequences.

    Args:
        cfg (Config): The config, of a pre-training or of MMAction2's ``RecognizerGCN``.
        backbone (nn.Module): Its encoder, which knows the number of joints.
        number (int): How many samples to make.

    Returns:
        list[dict]: As of its data set: ``inputs`` (clips, M, T, V, C) and ``data_samples``, all of the
        class 0.

    Raises:
        ValueError: If the config has no training pipeline, or the encoder takes no skeletons.
    """
    num_joints = _num_joints(backbone)
    node = next((node for node in iter_dicts(cfg.get('train_dataloader')) if 'pipeline' in node), None)
    if node is None:
        raise ValueError(f'{cfg.filename} has no pipeline in train_dataloader, from which the shape of '
                         'the input follows. Give a config that trains.')
    # Image coordinates come with a score, which MMAction2's pipelines make a third coordinate of.
    in_image = any(transform['type'] == 'PreNormalize2D' for transform in node['pipeline'])
    num_coords = 2 if in_image else node.get('num_coords', 3)
    pipeline, rng = Compose(node['pipeline']), np.random.default_rng(0)
    samples = []
    for index in range(number):
        keypoint = rng.normal(size=(NUM_PERSONS, NUM_FRAMES, num_joints, num_coords))
        score = dict(keypoint_score=np.ones(keypoint.shape[:-1], np.float32)) if in_image else {}
        samples.append(pipeline(dict(
            frame_dir=f'random_{index}', label=0, total_frames=NUM_FRAMES,
            keypoint=keypoint.astype(np.float32), **score)))
    return samples


def _num_joints(backbone: nn.Module) -> int:
    """V, of an encoder of this package or of a graph network of MMAction2."""
    if hasattr(backbone, 'input_sizes'):
        return backbone.input_sizes['num_joints']
    if hasattr(backbone, 'graph'):
        return backbone.graph.num_node
    raise ValueError(f'{type(backbone).__name__} does not say how many joints it takes: it has neither '
                     "input_sizes, as HiCoEncoder, nor a graph, as MMAction2's STGCN.")
