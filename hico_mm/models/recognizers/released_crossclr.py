from mmaction.registry import MODELS
from mmengine.logging import MessageHub
from torch.optim.swa_utils import get_ema_multi_avg_fn

from .moco import MoCoRecognizer


@MODELS.register_module()
class ReleasedCrosSCLR(MoCoRecognizer):
    """CrosSCLR with the momentum update of its code, to repeat what was published.

    Layers that projectors share (``Projectors`` with ``variant='released'``) move once for each view. In
    the second stage the key encoders of all views but one stay as they are.

    Args:
        moving: The view whose key encoder moves in the second stage. Defaults to ``'motion'``.
        **kwargs: See :class:`MoCoRecognizer`.

    Raises:
        ValueError: The backbone has no encoder of that view.
    """

    def __init__(self, *args, moving: str = 'motion', **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if moving not in self.neck.layers:
            raise ValueError(f'moving={moving!r} is none of the views {list(self.neck.layers)}.')
        self.moving = moving

    def _update_momentum_encoder(self) -> None:
        epoch = MessageHub.get_current_instance().get_info('epoch', 0)
        second_stage = max(term.begin for term in self.contrast.terms)
        move = get_ema_multi_avg_fn(self.momentum)
        for view in [self.moving] if 0 < second_stage <= epoch else self.backbone.names:
            move(*([*getattr(backbone, view).parameters(), *neck.layers[view].parameters()]
                   for backbone, neck in ((*self.momentum_encoder.values(), ),
                                          (self.backbone, self.neck))), None)
