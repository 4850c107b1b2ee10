from collections.abc import Mapping

import torch
from mmaction.models.heads import BaseHead
from mmaction.registry import MODELS
from mmengine.dist import get_world_size
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce

from ..backbones.encoder import channels_of

MOMENTUM, EPS = 0.1, 1e-5  # of PyTorch's batch normalisation


def _sum_of_processes(summand: Tensor) -> Tensor:
    """Sum over all processes, with gradients."""
    return summand if get_world_size() == 1 else all_reduce(summand)


class _MeanOfClassifiers(nn.Module):
    """A classifier for each part of a feature, whose scores are averaged."""

    def __init__(self, parts: list[int], num_classes: int) -> None:
        super().__init__()
        self.parts = parts
        self.layers = nn.ModuleList(nn.Linear(channels, num_classes) for channels in parts)

    def forward(self, x: Tensor) -> Tensor:
        scores = [layer(part) for layer, part in zip(self.layers, x.split(self.parts, 1), strict=True)]
        return torch.stack(scores).mean(0)


@MODELS.register_module()
class LinearHead(BaseHead):
    """One fully connected layer on the instance feature (linear evaluation protocol).

    Where the instance feature comes from several encoders (``EncoderGroup``), each has a layer of its
    own, and their scores are averaged, as in CrosSCLR's evaluation of three streams.

    Args:
        num_classes: Number of classes.
        in_channels: Channels of the instance feature, 2 * L * D of ``HiCoEncoder``. Give either this or
            ``encoder``.
        encoder: Config of the recognizer's backbone, which says what ``in_channels`` is. Only its sizes
            are looked at: the head has no encoder of its own.
        init_std: Standard deviation of the initial weights; the bias starts at 0. Defaults to 0.01.
        standardize: Whether each channel gets mean 0 and variance 1 first, by a batch normalisation
            without weights (He et al., CVPR 2022, "Masked Autoencoders Are Scalable Vision Learners",
            Appendix A), so that one learning rate suits encoders whose features differ in size.
            Defaults to False: the raw feature, as the released code has it.
        **kwargs: See MMAction2's ``BaseHead``.

    Raises:
        ValueError: Both or neither of ``in_channels`` and ``encoder`` are given, or the encoder does not
            say which features it has.
    """

    def __init__(self, num_classes: int, in_channels: int | None = None, encoder: dict | None = None,
                 init_std: float = 0.01, standardize: bool = False, **kwargs) -> None:
        if (in_channels is None) == (encoder is None):
            raise ValueError(f'LinearHead got in_channels={in_channels} and encoder={encoder}. Give one '
                             "of them: the channels of the instance feature, or the backbone's config.")
        if encoder is not None:
            with torch.random.fork_rng(devices=[]):  # for its sizes alone; takes no random numbers
                encoder = MODELS.build(encoder)
            in_channels = channels_of(encoder)['instance']
        kwargs.setdefault('init_cfg', dict(type='Normal', layer='Linear', std=init_std, bias=0))
        kwargs.setdefault('average_clips', 'score')
        super().__init__(num_classes, in_channels, **kwargs)
        self.standardize = standardize
        if standardize:  # running statistics, for the evaluation
            self.register_buffer('mean', torch.zeros(in_channels))
            self.register_buffer('variance', torch.ones(in_channels))
        parts = getattr(encoder, 'instance_parts', [in_channels])
        self.fc = (nn.Linear(in_channels, num_classes) if len(parts) == 1 else
                   _MeanOfClassifiers(parts, num_classes))

    def forward(self, x: Mapping[str, Tensor], **kwargs) -> Tensor:
        """Class scores from the features of the encoder.

        Args:
            x: Features by name; ``instance`` (N, in_channels) is used.

        Returns:
            Tensor: Logits, (N, num_classes).

        Raises:
            ValueError: The instance feature has another width than ``in_channels``.
        """
        instance = x['instance']
        if instance.shape[1] != self.in_channels:
            raise ValueError(f'LinearHead has in_channels={self.in_channels}, but the instance feature '
                             f'has {instance.shape[1]} channels. Set in_channels to that, or give '
                             "the backbone's config as encoder.")
        if self.standardize:
            instance = self._standardized(instance)
        return self.fc(instance).float()  # scores in full precision, in training and in evaluation

    def _standardized(self, instance: Tensor) -> Tensor:
        """Use the batches of all processes in training, and the running statistics in evaluation."""
        mean, variance = self.mean, self.variance
        number = instance.shape[0] * get_world_size() if self.training else 0
        if number > 1:  # a last batch of one sequence has no variance of its own
            mean = _sum_of_processes(instance.float().sum(0)) / number
            variance = _sum_of_processes(((instance.float() - mean)**2).sum(0)) / number
            with torch.no_grad():
                self.mean.lerp_(mean, MOMENTUM)
                self.variance.lerp_(variance * number / (number - 1), MOMENTUM)
        return (instance - mean) * (variance + EPS).rsqrt()

    def loss_by_feat(self, cls_scores: Tensor, data_samples: list) -> dict:
        """Cross entropy and top-k accuracy.

        Raises:
            ValueError: A label is outside ``[0, num_classes)``. On a GPU it would end the process
                without a usable message.
        """
        labels = torch.cat([sample.gt_label for sample in data_samples])
        one_hot = len(labels) > len(data_samples)
        if not one_hot and not 0 <= labels.min() <= labels.max() < self.num_classes:
            raise ValueError(f'Labels from {int(labels.min())} to {int(labels.max())} are not within '
                             f'[0, {self.num_classes}). Set num_classes of the head to the number of '
                             'classes of the data.')
        return super().loss_by_feat(cls_scores, data_samples)

    def predict_by_feat(self, cls_scores: Tensor, data_samples: list) -> list:
        """Write scores and labels into the data samples, as MMAction2's heads do."""
        data_samples = super().predict_by_feat(cls_scores, data_samples)
        for sample in data_samples:  # without the copies, each would be pickled with its whole batch
            sample.set_pred_score(sample.pred_score.clone())
            sample.set_pred_label(sample.pred_label.clone())
        return data_samples
