from collections.abc import Mapping, Sequence

import torch
from mmaction.registry import MODELS
from torch import Tensor

from hico_mm.datasets.layouts import get_parents

from ..data_preprocessors import STREAMS, derive_stream
from .encoder import Encoder, channels_of


@MODELS.register_module()
class EncoderGroup(Encoder):
    """Several encoders of one sequence, each of which gives a feature under its own name.

    CrosSCLR has one for each stream, ISC two for different representations.

    Args:
        encoders: Name -> config of an encoder. One whose name is a stream (``'joint'``, ``'bone'`` or
            ``'motion'``) is given that stream of the joints, the others the joints.
        instance: Names of the encoders whose features together are the instance feature, which the
            downstream tasks use. Outside of pre-training only these run and learn. Defaults to None
            (all).
        parents: Bones of the stream ``'bone'``, see ``SkeletonPreprocessor``. Defaults to
            ``'nturgb+d'``.
        frozen: Keep the weights and stay in eval mode, as for linear probing. Defaults to False.
        init_cfg: As in MMEngine.

    Raises:
        ValueError: The encoders take inputs of different sizes, one has a name that is taken, or
            ``instance`` does not name some of them, each once.
    """

    hidden_channels = None  # of projectors: each is as wide as its feature

    def __init__(self, encoders: Mapping[str, dict], instance: Sequence[str] | None = None,
                 parents: str | Sequence[int] = 'nturgb+d', frozen: bool = False,
                 init_cfg: dict | None = None) -> None:
        members = {name: MODELS.build(config) for name, config in encoders.items()}
        sizes = [getattr(member, 'input_sizes', None) for member in members.values()]
        if not sizes or sizes[0] is None or sizes.count(sizes[0]) < len(sizes):
            raise ValueError(f'The encoders {list(members)} take inputs of {sizes}, but at least one '
                             'encoder and the same sizes for all are expected.')
        super().__init__(**sizes[0], init_cfg=init_cfg)
        self.instance = list(members if instance is None else instance)
        if not self.instance or sorted({*self.instance} & {*members}) != sorted(self.instance):
            raise ValueError(f'instance={instance}: expected some of the encoders {list(members)}, each '
                             'once.')
        if taken := [name for name in members if hasattr(self, name) or not name.isidentifier()]:
            raise ValueError(f'An encoder cannot be named {taken}. Choose another name.')
        for name, member in members.items():
            self.add_module(name, member)
            if name not in self.instance:
                member.requires_grad_(False)
        self.names = list(members)
        self.register_buffer('parents', torch.tensor(get_parents(parents)), persistent=False)
        self.feature_channels = {
            name: channels_of(member)['instance'] for name, member in members.items()}
        self.instance_parts = [self.feature_channels[name] for name in self.instance]
        self.feature_channels['instance'] = sum(self.instance_parts)
        if frozen:
            self.freeze()

    def pretrain(self) -> None:
        """Run and train all encoders in training mode."""
        super().pretrain()
        for name in self.names:
            getattr(self, name).requires_grad_(not (self.frozen or getattr(self, name).frozen))

    def encode(self, x: Tensor) -> dict[str, Tensor]:
        """Encode to a feature (N, D) by the name of each encoder that runs, and ``instance``."""
        features = {}
        for name in self.names if self.training and self.pretrains else self.instance:
            stream = derive_stream(x, name if name in STREAMS else 'joint', self.parents)
            features[name] = getattr(self, name)(stream)['instance']
        features['instance'] = torch.cat([features[name] for name in self.instance], 1)
        return features
