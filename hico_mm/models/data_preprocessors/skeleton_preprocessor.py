"""Joint, bone and motion streams, derived from a batch of joint coordinates."""
from collections.abc import Sequence

import torch
from mmaction.models.data_preprocessors import ActionDataPreprocessor
from mmaction.registry import MODELS
from mmaction.utils import SampleList
from torch import Tensor, nn

from hico_mm.datasets.collate import stack_sequences
from hico_mm.datasets.layouts import get_parents

STREAMS = ('joint', 'bone', 'motion')


def joint_to_bone(joint: Tensor, parents: Tensor) -> Tensor:
    """Subtract from each joint its parent.

    Args:
        joint (Tensor): Joint coordinates (..., V, C).
        parents (Tensor): Parent of each of the V joints, (V, ), integers.

    Returns:
        Tensor: Bones (..., V, C), zero where a joint is its own parent.
    """
    return joint - joint.index_select(-2, parents)


def joint_to_motion(joint: Tensor) -> Tensor:
    """Subtract from each frame's next the frame.

    Args:
        joint (Tensor): Joint coordinates (..., T, V, C).

    Returns:
        Tensor: Forward differences (..., T, V, C); the last frame is zero.
    """
    # Tensor.diff would do, but is not known to ONNX.
    return torch.cat([joint[..., 1:, :, :], joint[..., -1:, :, :]], dim=-3) - joint


def stream_of(model: nn.Module) -> str:
    """Name the stream that a recognizer's data preprocessor makes of the joints.

    Args:
        model (nn.Module): The recognizer.

    Returns:
        str: ``'joint'``, ``'bone'`` or ``'motion'``.
    """
    return getattr(model.data_preprocessor, 'stream', 'joint')


@MODELS.register_module()
class SkeletonPreprocessor(ActionDataPreprocessor):
    """Stack sequences to a batch and derive the stream that the model is trained on.

    ``'joint'`` is the coordinates themselves, ``'bone'`` each joint minus its parent, ``'motion'``
    the next frame minus the frame. The three streams of the paper's experiments, derived, as in
    the released code, after the augmentations. Nothing of it enters a checkpoint.

    Args:
        stream (str): ``'joint'``, ``'bone'`` or ``'motion'``. Defaults to ``'joint'``.
        parents (str | Sequence[int]): Bones of the ``'bone'`` stream: name of a preset of
            :mod:`hico_mm.datasets.layouts`, or the parent of each of the V joints. Defaults to
            ``'nturgb+d'``.
        blending (dict, optional): Config of a mixture of sequences in training, as of
            ``ActionDataPreprocessor``. Defaults to None.
        to_float32 (bool): Whether to convert to float32. Defaults to True.
        non_blocking (bool): Whether the host goes on while a batch is copied to the GPU, from loaders
            with ``pin_memory=True``. Defaults to True.

    Raises:
        KeyError: If there is no such preset.
        ValueError: If the stream is unknown or the parents name a joint that does not exist.
    """

    def __init__(self,
                 stream: str = 'joint',
                 parents: str | Sequence[int] = 'nturgb+d',
                 blending: dict | None = None,
                 to_float32: bool = True,
                 non_blocking: bool = True) -> None:
        super().__init__(blending=blending, to_float32=to_float32)
        self._non_blocking = non_blocking  # MMEngine's, which MMAction2 does not pass on
        if stream not in STREAMS:
            raise ValueError(f'Unknown stream {stream!r}; choose one of {STREAMS}.')
        self.stream = stream
        self.register_buffer('parents', torch.tensor(get_parents(parents)), persistent=False)

    def preprocess(self, inputs: Tensor | list[Tensor], data_samples: SampleList,
                   training: bool = False) -> tuple[Tensor, SampleList]:
        """Stack the sequences and derive their stream.

        Args:
            inputs (Tensor | list[Tensor]): Joint coordinates of N sequences, (N, clips, M, T, V, C)
                as ``skeleton_collate`` stacks them, or a list of (clips, M, T, V, C).
            data_samples (list): N samples.
            training (bool): Whether the batch is trained on. Defaults to False.

        Returns:
            tuple: The stream (N, clips, M, T, V, C), and the samples.

        Raises:
            ValueError: If the sequences are not of one shape, or the bones of another joint count.
        """
        if self.stream == 'bone':
            # Stacked sequences have one shape: that of the first.
            for index in range(1 if isinstance(inputs, Tensor) else len(inputs)):
                self._check_joints(
                    inputs[index], data_samples[index].get('frame_dir', 'without frame_dir'))
        batch = inputs if isinstance(inputs, Tensor) else stack_sequences(inputs, data_samples)
        if self.to_float32:
            batch = batch.float()
        batch = self.to_stream(batch)
        if training and self.blending is not None:
            batch, data_samples = self.blending(batch, data_samples)
        return batch, data_samples

    def to_stream(self, joint: Tensor) -> Tensor:
        """Derive the stream of joint coordinates (..., T, V, C), of the same shape."""
        if self.stream == 'bone':
            return joint_to_bone(joint, self.parents)
        return joint_to_motion(joint) if self.stream == 'motion' else joint

    def _check_joints(self, joint: Tensor, name: str) -> None:
        if joint.shape[-2] != len(self.parents):
            raise ValueError(f'sequence {name!r}: the keypoint has {joint.shape[-2]} joints, but the '
                             f'parent list of SkeletonPreprocessor has {len(self.parents)}; give the '
                             'parents of this layout.')
