from collections.abc import Mapping, Sequence
from copy import deepcopy

import torch
import torch.nn.functional as F
from mmaction.models.recognizers import BaseRecognizer
from mmaction.registry import MODELS
from mmaction.utils import SampleList
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from ..backbones.encoder import Encoder, channels_of


@MODELS.register_module()
class MoCoRecognizer(BaseRecognizer):
    """Momentum contrast over augmented views of a skeleton sequence (Section 3.2).

    The query encoder is ``backbone`` and ``neck``, so a checkpoint's ``backbone.*`` fits every
    downstream recognizer. The backbone decides some sizes where the config leaves them out: inputs and
    hidden width of the projectors, channels, granularities and ``variant`` of the queues.

    Of the views of a sequence the last one is the key's. The first is the query; features of further
    ones are named after their view, as ``extreme.instance``. Each view is encoded by itself, since batch
    normalisation takes the statistics of a view.

    With ``accumulative_counts``, the batches of a step equal the large batch that they stand for (but
    for BatchNorm): the key encoder moves once, and all meet the queues as they were before.

    Args:
        backbone: Config of the encoder: ``HiCoEncoder``, or ``PooledGCN`` around a network of MMAction2,
            which has the features of the instance level alone, or any other ``Encoder``.
        neck: Config of the projectors. Defaults to ``dict(type='Projectors')``.
        contrast: Config of the loss. Defaults to ``dict(type='HierarchicalContrastLoss')``.
        queue: Config of the queues; ``length`` is K. Defaults to ``dict(type='FeatureQueue')``.
        momentum: Share of the key encoder that is kept at a step. Defaults to 0.999.
        further_views: Names of the views between the first and the last. Defaults to none.
        normalize: Whether projected features are scaled to unit length. Defaults to True.
        data_preprocessor: Config of what is done with a batch. Defaults to
            ``dict(type='SkeletonPreprocessor')``.

    Raises:
        ValueError: The momentum is outside [0, 1], a term needs features that backbone and views do not
            give, or more neighbours than its queue has keys.
    """

    def __init__(self, backbone: dict, neck: dict | None = None, contrast: dict | None = None,
                 queue: dict | None = None, momentum: float = 0.999,
                 further_views: Sequence[str] = (), normalize: bool = True,
                 data_preprocessor: dict | None = None) -> None:
        super().__init__(
            backbone, data_preprocessor=data_preprocessor or dict(type='SkeletonPreprocessor'))
        if not 0 <= momentum <= 1:
            raise ValueError(f'momentum={momentum} of the key encoder must be within [0, 1].')
        self.momentum, self.normalize = momentum, normalize
        self.prefixes = ['', *(f'{view}.' for view in further_views)]  # of the queries' features
        self.contrast = MODELS.build(contrast or dict(type='HierarchicalContrastLoss'))
        channels = channels_of(self.backbone)
        given = [prefix + name for prefix in self.prefixes for name in channels]
        missing = [name for name in self.contrast.queries if name not in given]
        # Keys are of the last view, which has no prefix.
        missing += [name for name in self.contrast.keys if name not in [*channels, *missing]]
        if missing:
            raise ValueError(
                f'The contrast needs the features {missing}, but the backbone gives {list(channels)} as '
                f'keys, and with the views {given} as queries. Correct the names, add the view or the '
                'branch (the domain level needs both), or leave the term out (a level by weight 0).')
        if isinstance(self.backbone, Encoder):
            self.backbone.pretrain()
        needed = dict.fromkeys(
            name.rpartition('.')[2] for name in (*self.contrast.queries, *self.contrast.keys))
        self.neck = MODELS.build({
            'type': 'Projectors', 'in_channels': {name: channels[name] for name in needed},
            'hidden_channels': self.backbone.hidden_channels, **(neck or {})})
        self.queues = nn.ModuleDict({
            name: MODELS.build({
                'type': 'FeatureQueue', 'channels': self.neck.out_channels or channels[name],
                'granularities': self.backbone.num_granularities if name in ('clip', 'part') else 1,
                'variant': getattr(self.backbone, 'variant', 'paper'), **(queue or {})})
            for name in self.contrast.keys})
        for term in self.contrast.terms:
            length = len(self.queues[term.keys[0]].features) if term.keys else 0
            if getattr(term, 'topk', 0) > length:
                raise ValueError(f'topk={term.topk} of {term.name} is more than the {length} keys of '
                                 'its queue. Lower it, or lengthen the queue.')
        self.momentum_encoder = deepcopy(
            nn.ModuleDict(dict(backbone=self.backbone, neck=self.neck))).requires_grad_(False)
        self._versions = self._negatives = None

    def init_weights(self) -> None:
        """Initialise the query encoder and start the key encoder as its copy."""
        super().init_weights()
        for name, module in self.momentum_encoder.items():
            module.load_state_dict(getattr(self, name).state_dict())

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        """Start the key encoder as a copy where the checkpoint has only a query encoder."""
        key_prefix = f'{prefix}momentum_encoder.'
        if not any(name.startswith(key_prefix) for name in state_dict):
            for name in list(state_dict):
                rest = name.removeprefix(prefix)
                if rest.startswith(('backbone.', 'neck.')):
                    state_dict[key_prefix + rest] = state_dict[name]
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    def loss(self, inputs: Tensor, data_samples: SampleList, **kwargs) -> dict[str, Tensor]:
        """One step of momentum contrast.

        Args:
            inputs: Views of each sequence, (N, views, M, T, V, C): of the queries, then of the key.
            data_samples: Not used; no label is looked at.

        Returns:
            dict[str, Tensor]: ``loss_NAME`` and ``acc_NAME`` of the contrast.

        Raises:
            ValueError: There is another number of views.
        """
        if inputs.shape[1] != len(self.prefixes) + 1:
            raise ValueError(f'MoCoRecognizer needs {len(self.prefixes) + 1} views of each sequence, '
                             f'but the input has {inputs.shape[1]}: {tuple(inputs.shape)}. Put Views '
                             'with as many into the training pipeline.')
        *query_views, key_view = inputs.unbind(1)  # (N, M, T, V, C) each
        query = {}  # (N, D) or (N, L, D) by name
        for prefix, view in zip(self.prefixes, query_views, strict=True):
            features = self._project(self.backbone, self.neck, view)
            query.update({prefix + name: feature for name, feature in features.items()})
        goes_on = self._is_accumulating()
        if not goes_on:
            self._update_momentum_encoder()  # before the keys, as in MoCo
            # Copies, because the queues change in place before the backward pass.
            self._negatives = {name: queue.features.clone() for name, queue in self.queues.items()}
        with torch.no_grad():
            key = self._project(**self.momentum_encoder, view=key_view)
        with torch.autocast(inputs.device.type, enabled=False):
            losses = self.contrast(query, key, self._negatives)  # Eq. 8 to 11
        for name, queue in self.queues.items():
            queue.enqueue(key[name], goes_on)
        return losses

    def predict(self, inputs: Tensor, data_samples: SampleList, **kwargs) -> SampleList:
        """Write the instance feature of each sequence into its data sample.

        Args:
            inputs: Sequences, (N, 1, M, T, V, C).
            data_samples: N samples.

        Returns:
            list[ActionDataSample]: The samples, each with its instance ``feature``, (2 * L * D, ) of
            ``HiCoEncoder``, neither projected nor normalised.
        """
        features, _ = self.extract_feat(inputs)
        for sample, feature in zip(data_samples, features['instance'], strict=True):
            # Without the copy, a sample would be pickled with the features of its whole batch.
            sample.set_field(feature.clone(), 'feature')
        return data_samples

    def extract_feat(self, inputs: Tensor, stage: str = 'backbone',
                     **kwargs) -> tuple[Mapping[str, Tensor], dict]:
        """Features of the query encoder, as of MMAction2's ``RecognizerGCN``.

        Args:
            inputs: Sequences or views, (N, clips, M, T, V, C).
            stage: ``'backbone'`` for the raw features, ``'neck'`` for the projected ones, not
                normalised. Defaults to ``'backbone'``.

        Returns:
            tuple: Features by name for N * clips sequences, and an empty dict.
        """
        features = self.backbone(inputs.flatten(0, 1))
        return (self.neck(features) if stage == 'neck' else features), {}

    def _project(self, backbone: nn.Module, neck: nn.Module, view: Tensor) -> dict[str, Tensor]:
        """Projected features, of unit length if so configured, in full precision."""
        projected = {name: feature.float() for name, feature in neck(backbone(view)).items()}
        if self.normalize:
            projected = {name: F.normalize(feature, dim=-1) for name, feature in projected.items()}
        return projected

    @torch.compiler.disable  # it would be compiled again in every step
    def _is_accumulating(self) -> bool:
        """Whether gradients of earlier batches wait for this one, as with ``accumulative_counts``."""
        weights = [*self.backbone.parameters(), *self.neck.parameters()]
        before, self._versions = self._versions, [weight._version for weight in weights]
        # An optimizer leaves no gradients (a fused one counts no versions), or zeros and new versions.
        return before == self._versions and any(weight.grad is not None for weight in weights)

    def _update_momentum_encoder(self) -> None:
        """Move the key encoder a step towards the query encoder."""
        keys = list(self.momentum_encoder.parameters())
        queries = [*self.backbone.parameters(), *self.neck.parameters()]
        get_ema_multi_avg_fn(self.momentum)(keys, queries, None)  # all parameters at once
