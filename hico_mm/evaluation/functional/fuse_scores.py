"""Fusion of the class scores of several streams."""
import math
from collections.abc import Sequence

import torch

from .score_dump import check_score_dump


def fuse_scores(dumps: Sequence[Sequence[dict]],
                weights: Sequence[float] | None = None,
                names: Sequence[str] | None = None) -> list[dict]:
    """Fuse the logits of several streams by their weighted mean (Figure 3).

    Args:
        dumps (Sequence[Sequence[dict]]): The predictions of each stream, as :func:`load_score_dump`
            gives them. Sequences are matched by ``frame_dir``; where the pipeline did not pack it,
            all streams need the same order.
        weights (Sequence[float], optional): One for each stream, never searched on the test labels.
            Defaults to equal ones, the paper's 1:1:1.
        names (Sequence[str], optional): What to call the streams in messages. Defaults to
            ``'stream 1'`` and so on.

    Returns:
        list[dict]: The predictions of the first stream, with ``pred_score`` and ``pred_label`` of
        the fusion.

    Raises:
        ValueError: If the weights do not fit, a stream has no scores, or the streams differ in
            their sequences, labels or number of classes.
    """
    weights = [1.0] * len(dumps) if weights is None else list(weights)
    names = names or [f'stream {number}' for number in range(1, len(dumps) + 1)]
    check_weights(weights, len(dumps))
    for dump, name in zip(dumps, names, strict=True):
        check_score_dump(dump, name)
    first = dumps[0]
    matched = [_match(first, dump, f'{name} and {names[0]}')
               for dump, name in zip(dumps, names, strict=True)]

    scores = torch.stack([_scores(dump) for dump in matched])  # (streams, N, num_classes)
    fused = torch.tensordot(torch.tensor(weights, dtype=scores.dtype), scores, 1) / sum(weights)
    # A clone, because a pickled slice takes the whole tensor along.
    return [{**sample, 'pred_score': score.clone(), 'pred_label': score.argmax(0, keepdim=True)}
            for sample, score in zip(first, fused, strict=True)]


def _scores(dump: Sequence[dict]) -> torch.Tensor:
    return torch.stack([sample['pred_score'] for sample in dump])  # (N, num_classes)


def check_weights(weights: Sequence[float], num_streams: int) -> None:
    """Refuse weights that cannot weight streams.

    Args:
        weights (Sequence[float]): The weights.
        num_streams (int): Number of streams.

    Raises:
        ValueError: If there is not one for each stream, one is negative or not finite, or all are 0.
    """
    weights = list(weights)
    if len(weights) != num_streams:
        raise ValueError(f'{len(weights)} weights {weights} do not fit {num_streams} streams. Give one '
                         'weight for each.')
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or not any(weights):
        raise ValueError(f'weights={weights} must be finite, none below 0 and at least one above.')


def _match(first: Sequence[dict], dump: Sequence[dict], pair: str) -> Sequence[dict]:
    """Bring a stream into the order of the first, or raise a ValueError."""
    if len(dump) != len(first):
        raise ValueError(f'{pair} have {len(dump)} and {len(first)} sequences. Test all streams on '
                         'the same split.')
    if all('frame_dir' in sample for sample in (*first, *dump)):
        dump = _in_order(first, dump, pair)
    for index, (sample, other) in enumerate(zip(first, dump, strict=True)):
        label, expected = int(other['gt_label']), int(sample['gt_label'])
        if label != expected:
            raise ValueError(f'{pair} have labels {label} and {expected} for sequence '
                             f"{sample.get('frame_dir', index)}. Test all streams on the same "
                             'annotation file, without shuffling.')
    classes, expected = len(dump[0]['pred_score']), len(first[0]['pred_score'])
    if classes != expected:
        raise ValueError(f'{pair} have scores of {classes} and {expected} classes. Fuse classifiers '
                         'of the same classes.')
    return dump


def _in_order(first: Sequence[dict], dump: Sequence[dict], pair: str) -> Sequence[dict]:
    """Sort the predictions of a stream by the names of the first, or raise a ValueError."""
    by_name = {sample['frame_dir']: sample for sample in dump}
    names = [sample['frame_dir'] for sample in first]
    if by_name.keys() != set(names):
        raise ValueError(f'{pair} are of different sequences, such as '
                         f'{min(by_name.keys() ^ set(names))}. Test all streams on the same split.')
    if len(by_name) < len(dump):
        raise ValueError(f'{pair} have {len(dump)} sequences with {len(by_name)} different values of '
                         'frame_dir. Give every sequence a name of its own.')
    return [by_name[name] for name in names]
