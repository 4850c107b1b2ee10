"""Class scores that ``tools/test.py --dump`` writes, and the fusion of those of several streams.

The scores are a list with a dict for each sequence: ``pred_score``, a tensor (num_classes, );
``gt_label``, a tensor (1, ); and ``frame_dir``, its name, if the pipeline packs it.
"""
import math
from collections.abc import Sequence

import torch
from mmaction.evaluation import AccMetric

from hico_mm.utils import check_file
from hico_mm.utils.safe_pickle import read_pickle

REMEDY = ('Write one of a trained classifier: python tools/test.py '
          'work_dirs/hico_demo_linear/hico_demo_linear.py CHECKPOINT --dump FILE.pkl')


def load_score_dump(path: str) -> list[dict]:
    """Read the class scores of a test set; refuse what is no pickle or holds none."""
    check_file(path, REMEDY)
    dump = read_pickle(path, REMEDY)
    check_score_dump(dump, path)
    return dump


def check_score_dump(dump: Sequence[dict], name: str) -> None:
    """Refuse what holds no class scores; messages call it by the name."""
    if not isinstance(dump, Sequence) or not dump:
        raise ValueError(f'{name} is no list of predictions, but {repr(dump):.40}. {REMEDY}')
    for index, sample in enumerate(dump):
        found = sorted(sample) if isinstance(sample, dict) else []
        if 'pred_score' not in found or 'gt_label' not in found:
            raise ValueError(f'Sequence {index} of {name} needs pred_score and gt_label, but has '
                             f'{found}. {REMEDY}')


def dump_accuracy(dump: Sequence[dict]) -> dict[str, float]:
    """Measure ``top1``, ``top5`` and ``mean1``, the mean class accuracy, as ``AccMetric`` does."""
    scores = [sample['pred_score'].numpy() for sample in dump]
    measures = AccMetric().calculate(scores, [int(sample['gt_label']) for sample in dump])
    return {name: float(value) for name, value in measures.items()}


def fuse_scores(dumps: Sequence[Sequence[dict]], weights: Sequence[float] | None = None,
                names: Sequence[str] | None = None) -> list[dict]:
    """Fuse the logits of several streams by their weighted mean (Figure 3).

    Args:
        dumps: The class scores of each stream. Sequences are matched by ``frame_dir``; where the
            pipeline did not pack it, all streams need the same order.
        weights: One for each stream, never searched on the test labels. Defaults to equal ones, the
            paper's 1:1:1.
        names: What messages call the streams. Defaults to ``'stream 1'`` and so on.

    Returns:
        The predictions of the first stream, with ``pred_score`` and ``pred_label`` of the fusion.

    Raises:
        ValueError: The weights do not fit, a stream has no scores, or the streams differ in their
            sequences, labels or number of classes.
    """
    weights = [1.0] * len(dumps) if weights is None else list(weights)
    names = names or [f'stream {number}' for number in range(1, len(dumps) + 1)]
    check_weights(weights, len(dumps))
    for dump, name in zip(dumps, names, strict=True):
        check_score_dump(dump, name)
    first = dumps[0]
    matched = [_match(first, dump, f'{name} and {names[0]}')
               for dump, name in zip(dumps, names, strict=True)]

    scores = torch.stack([torch.stack([sample['pred_score'] for sample in dump])
                          for dump in matched])  # (streams, N, num_classes)
    fused = torch.tensordot(torch.tensor(weights, dtype=scores.dtype), scores, 1) / sum(weights)
    # A clone, because a pickled slice takes the whole tensor along.
    return [{**sample, 'pred_score': score.clone(), 'pred_label': score.argmax(0, keepdim=True)}
            for sample, score in zip(first, fused, strict=True)]


def check_weights(weights: Sequence[float], num_streams: int) -> None:
    """Refuse weights that are not one for each stream, negative, not finite or all 0."""
    weights = list(weights)
    if len(weights) != num_streams:
        raise ValueError(f'{len(weights)} weights {weights} do not fit {num_streams} streams. Give one '
                         'weight for each.')
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or not any(weights):
        raise ValueError(f'weights={weights} must be finite, none below 0 and at least one above.')


def _match(first: Sequence[dict], dump: Sequence[dict], pair: str) -> Sequence[dict]:
    """Bring a stream into the order of the first, or say why the pair does not match."""
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
    """Sort a stream by the names of the first."""
    by_name = {sample['frame_dir']: sample for sample in dump}
    names = [sample['frame_dir'] for sample in first]
    if by_name.keys() != set(names):
        raise ValueError(f'{pair} are of different sequences, such as '
                         f'{min(by_name.keys() ^ set(names))}. Test all streams on the same split.')
    if len(by_name) < len(dump):
        raise ValueError(f'{pair} have {len(dump)} sequences with {len(by_name)} different values of '
                         'frame_dir. Give every sequence a name of its own.')
    return [by_name[name] for name in names]
