from collections.abc import Mapping, Sequence

from mmengine.model import BaseModule, PretrainedInit
from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor

from hico_mm.utils import check_fit


class Encoder(BaseModule):
    """What recognizers, heads and tasks expect of an encoder, apart from its layers.

    A subclass has ``feature_channels``, the channels of each feature by its name, and its ``forward``
    takes (N, M, T, V, C) and returns the features by name, ``instance`` (N, D) among them. Weights
    given by ``init_cfg=dict(type='Pretrained', ...)`` must fit.

    Args:
        num_joints: V.
        num_persons: M.
        num_frames: T.
        in_channels: C, coordinates of a joint.
        frozen: Keep the weights and stay in eval mode. A subclass stops their gradients when it has
            made them.
        init_cfg: As in MMEngine.

    Raises:
        ValueError: A size below 1, or (on ``init_weights``) a checkpoint that does not fit.
    """

    feature_channels: Mapping[str, int]

    def __init__(self, num_joints: int, num_persons: int, num_frames: int, in_channels: int,
                 frozen: bool, init_cfg: dict | None) -> None:
        super().__init__(init_cfg)
        # What the data must look like: the axes of the input after N.
        self.input_sizes = dict(num_persons=num_persons, num_frames=num_frames,
                                num_joints=num_joints, in_channels=in_channels)
        check_positive(**self.input_sizes)
        self.frozen = frozen

    def init_weights(self) -> None:
        """Initialise by ``init_cfg``, refusing a checkpoint that does not fit.

        MMEngine's ``Pretrained`` only logs missing keys and other shapes and goes on from random
        weights, so a linear probe would silently measure those.
        """
        configs = self.init_cfg if isinstance(self.init_cfg, list) else [self.init_cfg or {}]
        for config in configs:
            if config.get('type') in ('Pretrained', PretrainedInit):
                source = config['checkpoint']
                checkpoint = CheckpointLoader.load_checkpoint(source, 'cpu')
                check_fit(self.state_dict(), checkpoint.get('state_dict', checkpoint),
                          config.get('prefix') or '', source)
        super().init_weights()

    def train(self, mode: bool = True) -> 'Encoder':
        """Switch to training mode, except when frozen."""
        return super().train(mode and not self.frozen)

    def _check_input(self, x: Tensor) -> None:
        name = type(self).__name__
        if x.dim() != 5:
            raise ValueError(f'{name} expects (N, M, T, V, C), but got {tuple(x.shape)} with '
                             f'{x.dim()} axes. End the pipeline with FormatGCNInput.')
        if wrong := describe_misfit(self.input_sizes, x.shape):
            raise ValueError(f'The input (N, M, T, V, C) = {tuple(x.shape)} does not fit {name}: '
                             f'{wrong}. Change the config or the pipeline.')


def describe_misfit(sizes: Mapping[str, int], shape: Sequence[int]) -> str:
    """Say where data have other sizes than expected.

    Args:
        sizes (Mapping[str, int]): Expected sizes of the axes after N, by their names.
        shape (Sequence[int]): Shape of the data, (N, ...).

    Returns:
        str: Each expected size with what the data have; empty if all fit.
    """
    return '; '.join(f'{name}={expected} but the data have {got}'
                     for (name, expected), got in zip(sizes.items(), shape[1:], strict=True)
                     if expected != got)


def check_positive(**sizes: int) -> None:
    """Refuse sizes that are no positive integers."""
    for name, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise ValueError(f'{name}={size!r} must be a positive integer.')
