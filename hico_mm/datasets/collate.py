"""How samples become a batch, and travel from a worker to the main process."""
import io
import pickle
from collections.abc import Sequence
from multiprocessing.reduction import ForkingPickler

import torch
from mmengine.registry import FUNCTIONS
from mmengine.structures import BaseDataElement
from torch import Tensor

OF_NUMPY = (torch.int64, torch.float32, torch.bool)  # the types of labels and scores


@FUNCTIONS.register_module()
def skeleton_collate(batch: Sequence[dict]) -> dict:
    """Stack the sequences of a batch into one tensor, and keep their data samples.

    Gives what MMEngine's ``default_collate`` gives, at a fraction of the cost for the process that
    trains: with that, or with ``pseudo_collate``, every label goes through shared memory by itself. The
    batch needs a preprocessor that takes stacked inputs, as ``SkeletonPreprocessor``.

    Args:
        batch: N samples, each with ``inputs`` (clips, M, T, V, C) and ``data_samples``.

    Returns:
        ``inputs`` (N, clips, M, T, V, C), and the N ``data_samples`` in a list.

    Raises:
        ValueError: If the sequences are not of one shape.
    """
    inputs = [sample['inputs'] for sample in batch]
    data_samples = _SentByValue(sample['data_samples'] for sample in batch)
    return dict(inputs=stack_sequences(inputs, data_samples), data_samples=data_samples)


def stack_sequences(inputs: Sequence[Tensor], data_samples: Sequence[BaseDataElement]) -> Tensor:
    """Stack N sequences (...) to (N, ...); a ``ValueError`` names the first of another shape."""
    for sequence, data_sample in zip(inputs, data_samples, strict=True):
        if sequence.shape != inputs[0].shape:
            raise ValueError(f'sequence {data_sample.get("frame_dir", "without frame_dir")!r} has the '
                             f'shape {tuple(sequence.shape)}, but the batch starts with one of '
                             f'{tuple(inputs[0].shape)}; let the pipeline resize all sequences to the '
                             'same number of frames, persons and joints.')
    return torch.stack(list(inputs))


class _SentByValue(list):
    """A list whose tensors are copied, not shared, on the way to another process: a list there.

    Sharing a tensor takes a file descriptor and several system calls on both sides, which costs
    thousands of times more than to copy a label.
    """


def _reduce(values: _SentByValue) -> tuple:
    content = io.BytesIO()
    _ValuePickler(content).dump(list(values))
    return pickle.loads, (content.getvalue(), )


ForkingPickler.register(_SentByValue, _reduce)  # between processes alone, not where it is copied


class _ValuePickler(pickle.Pickler):
    def reducer_override(self, value: object) -> tuple:
        if type(value) is torch.Tensor and value.dtype in OF_NUMPY and value.device.type == 'cpu' and (
                value.layout is torch.strided and not value.requires_grad):
            return torch.from_numpy, (value.numpy(), )
        return NotImplemented  # pickled as usual, more slowly
