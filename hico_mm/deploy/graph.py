from torch import Tensor, nn

from hico_mm.inference.loading import instance_feature

from .contract import CLS_SCORE


class DeployGraph(nn.Module):
    """A recognizer as a function of one tensor, from joints to class scores or instance feature.

    Args:
        model (nn.Module): ``MoCoRecognizer`` or ``RecognizerGCN``, with a head for class scores.
        output (str): ``'cls_score'`` or ``'feature'``.
    """

    def __init__(self, model: nn.Module, output: str) -> None:
        super().__init__()
        self.model = model
        self.output = output
        self.eval()

    def forward(self, joints: Tensor) -> Tensor:
        """Run the model.

        Args:
            joints (Tensor): Prepared sequences (N, M, T, V, C).

        Returns:
            Tensor: Class scores (N, classes) or features (N, channels).
        """
        to_stream = getattr(self.model.data_preprocessor, 'to_stream', None)  # MMAction2's have none
        inputs = joints if to_stream is None else to_stream(joints)
        return self.forward_stream(inputs.unsqueeze(1))  # of one clip each

    def forward_stream(self, inputs: Tensor) -> Tensor:
        """Run the model on what its data preprocessor gives.

        Args:
            inputs (Tensor): Joints, bones or motion (N, 1, M, T, V, C).

        Returns:
            Tensor: Class scores (N, classes) or features (N, channels).
        """
        if self.output == CLS_SCORE:
            return self.model.extract_feat(inputs, stage='head')[0]
        # shape[0], because len would be traced as a constant
        return instance_feature(self.model.extract_feat(inputs)[0], inputs.shape[0])


class OneByOne(nn.Module):
    """An S2S encoder without its ``forward_granularities``.

    That needs the batch size as a Python number, so a traced graph would be one for this size alone.

    Args:
        s2s (nn.Module): The encoder.
    """

    def __init__(self, s2s: nn.Module) -> None:
        super().__init__()
        self.s2s = s2s

    def forward(self, x: Tensor) -> Tensor:
        """Encode the sequences of one granularity, (N, S, D) -> (N, S, D)."""
        return self.s2s(x)


def encode_one_by_one(model: nn.Module) -> nn.Module:
    """Let every S2S encoder of a model encode its granularities one after another.

    Args:
        model (nn.Module): The model, changed in place.

    Returns:
        nn.Module: The model.
    """
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if hasattr(child, 'forward_granularities'):
                setattr(parent, name, OneByOne(child))
    return model
