"""Graph networks that the contrastive methods use and MMAction2 has in another form."""
import itertools
from collections.abc import Sequence

import torch
from mmaction.models.backbones import AAGCN, STGCN
from mmaction.models.backbones.stgcn import STGCNBlock
from mmaction.models.utils import unit_aagcn
from mmaction.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class STGCNOfWidths(STGCN):
    """``STGCN`` whose stages have any numbers of channels, which MMAction2's can only double.

    Args:
        widths: Channels of each stage.
        graph_cfg: As of ``STGCN``.
        in_channels: Coordinates of a joint. Defaults to 3.
        down_stages: Stages, from 1, that halve the number of frames. Defaults to (5, 8).
        data_bn_type, num_person, init_cfg: As of ``STGCN``.
        **kwargs: Further arguments of ``STGCN`` for the blocks, such as ``tcn_dropout``.

    Raises:
        ValueError: There is no stage.
    """

    def __init__(self, widths: Sequence[int], graph_cfg: dict, in_channels: int = 3,
                 down_stages: Sequence[int] = (5, 8), data_bn_type: str = 'VC', num_person: int = 2,
                 init_cfg: dict | list[dict] | None = None, **kwargs) -> None:
        if not isinstance(widths, Sequence) or not widths:
            raise ValueError(f'widths={widths!r}: expected the channels of each stage, as [16, 32].')
        super().__init__(graph_cfg, in_channels, widths[0], data_bn_type, num_person=num_person,
                         num_stages=1, init_cfg=init_cfg, **kwargs)
        graph = torch.tensor(self.graph.A, dtype=torch.float32)
        for stage, (before, width) in enumerate(itertools.pairwise(widths), 2):
            stride = 2 if stage in down_stages else 1
            self.gcn.append(STGCNBlock(before, width, graph.clone(), stride, **kwargs))
        self.num_stages = len(widths)
        if init_cfg is not None:
            for module in self.gcn.modules():  # blocks have an initialisation of their own
                module.init_cfg = None


class SoftmaxGraphUnit(unit_aagcn):
    """The adaptive graph convolution of 2s-AGCN, on a batch (N, C, T, V) -> (N, D, T, V).

    Shi et al., CVPR 2019, "Two-Stream Adaptive Graph Convolutional Networks for Skeleton-Based Action
    Recognition". The graph is that of the skeleton, plus a learnt one, plus a softmax over similarities
    of joints. MMAction2's ``unit_aagcn`` is the later one of AAGCN, with a tanh.
    """

    def __init__(self, in_channels: int, out_channels: int, graph: Tensor) -> None:
        super().__init__(in_channels, out_channels, graph, attention=False)
        del self.A, self.alpha
        self.register_buffer('A', graph)
        self.PA = nn.Parameter(torch.full_like(graph, 1e-6))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (N, C, T, V) -> (N, D, T, V)."""
        total = 0
        for graph, theta, phi, conv in zip(self.A + self.PA, self.conv_a, self.conv_b, self.conv_d,
                                           strict=True):
            size = self.inter_c * x.shape[2]
            similarity = torch.einsum('nctv,nctw->nvw', theta(x), phi(x)) / size
            graph = similarity.softmax(1) + graph  # (N, V, V)
            total = total + conv(torch.einsum('nctv,nvw->nctw', x, graph))
        return self.relu(self.bn(total) + self.down(x))


@MODELS.register_module()
class AGCN(AAGCN):
    """2s-AGCN (one stream), see :class:`SoftmaxGraphUnit`; arguments as of MMAction2's ``AAGCN``.

    ``graph_cfg`` with the mode ``'spatial'`` gives its three subsets: self, inward and outward.
    """

    def __init__(self, graph_cfg: dict, **kwargs) -> None:
        super().__init__(graph_cfg, **kwargs, gcn_attention=False)
        for block in self.gcn:
            block.gcn = SoftmaxGraphUnit(block.gcn.in_c, block.gcn.out_c, self.A.clone())
