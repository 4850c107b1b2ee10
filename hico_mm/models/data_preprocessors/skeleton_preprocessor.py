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


def stream_of(model: nn.Module) -> str:
    """Name the stream that a recognizer's data preprocessor makes of the joints."""
    return getattr(model.data_preprocessor, 'stream', 'joint')


@MODELS.register_module()
class SkeletonPreprocessor(ActionDataPreprocessor):
    """Stack sequences to a batch and derive the stream that the model is trained on (Figure 3).

    As in the released code, the stream is derived after the augmentations. Nothing of it enters a
    checkpoint.

    Args:
        stream: ``'joint'`` for the coordinates themselves, ``'bone'`` for each joint minus its parent,
            ``'motion'`` for each next frame minus the frame. Defaults to ``'joint'``.
        parents: Bones of the ``'bone'`` stream: name of a preset of :mod:`hico_mm.datasets.layouts`, or
            the parent of each of the V joints. Defaults to ``'nturgb+d'``.
        blending: Config of a mixture of sequences in training, as of ``ActionDataPreprocessor``.
            Defaults to None.
        to_float32: Whether to convert to float32. Defaults to True.
        non_blocking: Whether the host goes on while a batch is copied to the GPU, from loaders with
            ``pin_memory=True``. Defaults to True.

    Raises:
        KeyError: There is no such preset.
        ValueError: The stream is unknown or the parents name a joint that does not exist.
    """

    def __init__(self, stream: str = 'joint', parents: str | Sequence[int] = 'nturgb+d',
                 blending: dict | None = None, to_float32: bool = True,
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
            inputs: Joint coordinates of N sequences, (N, clips, M, T, V, C) as ``skeleton_collate``
                stacks them, or a list of (clips, M, T, V, C).
            data_samples: N samples.
            training: Whether the batch is trained on. Defaults to False.

        Returns:
            tuple: The stream (N, clips, M, T, V, C), and the samples.

        Raises:
            ValueError: The sequences differ in shape, or ``parents`` are of another joint count.
        """
        batch = inputs if isinstance(inputs, Tensor) else stack_sequences(inputs, data_samples)
        if self.stream == 'bone' and batch.shape[-2] != len(self.parents):
            name = data_samples[0].get('frame_dir', 'without frame_dir')
            raise ValueError(f'sequence {name!r}: the keypoint has {batch.shape[-2]} joints, but the '
                             f'parent list of SkeletonPreprocessor has {len(self.parents)}; give the '
                             'parents of this layout.')
        if self.to_float32:
            batch = batch.float()
        batch = self.to_stream(batch)
        if training and self.blending is not None:
            batch, data_samples = self.blending(batch, data_samples)
        return batch, data_samples

    def to_stream(self, joint: Tensor) -> Tensor:
        """Derive the stream of joint coordinates, (..., T, V, C), of the same shape."""
        return derive_stream(joint, self.stream, self.parents)


def derive_stream(joint: Tensor, stream: str, parents: Tensor) -> Tensor:
    """Derive a stream of joint coordinates, (..., T, V, C), of the same shape; parents are (V, )."""
    if stream == 'bone':  # zero where a joint is its own parent
        return joint - joint.index_select(-2, parents)
    if stream == 'motion':  # zero at the last frame; ONNX does not know Tensor.diff
        return torch.cat([joint[..., 1:, :, :], joint[..., -1:, :, :]], dim=-3) - joint
    return joint
