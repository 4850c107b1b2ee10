"""Small recognizers, and files that they are exported to."""
import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample

from hico_mm.deploy.contract import Contract

SIZES = dict(num_persons=2, num_frames=8, num_joints=5, in_channels=3)
PARENTS = (0, 0, 1, 1, 3)
NUM_CLASSES = 4


def build(head=False, stream='joint', parents=PARENTS, sizes=SIZES, **encoder):
    """A recognizer of a task with a head, else that of a pre-training, of random weights."""
    backbone = dict(type='HiCoEncoder', hidden_channels=8, num_granularities=2, **sizes, **encoder)
    if head:
        model = dict(type='RecognizerGCN', cls_head=dict(
            type='LinearHead', num_classes=NUM_CLASSES, in_channels=32))
    else:  # with the level of the contrast that every encoder has
        model = dict(type='MoCoRecognizer', queue=dict(length=6), contrast=dict(
            type='HierarchicalContrastLoss', weights=dict(domain=0, clip=0, part=0)))
    model = MODELS.build(dict(model, backbone=backbone, data_preprocessor=dict(
        type='SkeletonPreprocessor', stream=stream, parents=parents)))
    with torch.no_grad():  # biases and norms begin at 0 and 1, where a mistake could hide
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model.eval()


def describe(output, stream='joint', **changes):
    return Contract(**{**SIZES, 'layout': '', 'stream': stream, 'output': output, 'classes': [],
                       'pipeline': [], **changes})


@torch.no_grad()
def test_step(model, joints):
    """What a test loop of MMEngine gives for each sequence, scores or feature, stacked."""
    samples = model.test_step(dict(inputs=[joints[None] for joints in torch.from_numpy(joints)],
                                   data_samples=[ActionDataSample() for _ in joints]))
    return torch.stack([sample.get('pred_score', sample.get('feature')) for sample in samples]).numpy()


class Small:
    """The functions above, for tests that cannot import this file."""

    sizes, num_classes = SIZES, NUM_CLASSES
    build, describe, test_step = map(staticmethod, (build, describe, test_step))


@pytest.fixture(scope='session')
def small():
    return Small
