"""The predictions that ``tools/test.py --dump`` writes."""
import os.path as osp
from collections.abc import Sequence

import mmengine
from mmaction.evaluation import AccMetric

REMEDY = ('Write one of a trained classifier: python tools/test.py '
          'work_dirs/hico_demo_linear/hico_demo_linear.py CHECKPOINT --dump FILE.pkl')


def load_score_dump(path: str) -> list[dict]:
    """Read the class scores of a test set.

    Args:
        path (str): Path of the pickle.

    Returns:
        list[dict]: See :func:`check_score_dump`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no pickle or holds no class scores.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(f'{path} does not exist (looked for {osp.abspath(path)}). {REMEDY}')
    try:
        dump = mmengine.load(path, file_format='pkl')
    except Exception as error:  # what a damaged pickle raises may be anything
        raise ValueError(f'{path} is no readable pickle: {error}. {REMEDY}') from error
    check_score_dump(dump, path)
    return dump


def check_score_dump(dump: Sequence[dict], name: str) -> None:
    """Refuse what holds no class scores.

    Args:
        dump (Sequence[dict]): Per sequence ``pred_score``, a tensor (num_classes, ), ``gt_label``,
            a tensor (1, ), and ``frame_dir``, its name, if the pipeline packs that.
        name (str): What to call it in messages.

    Raises:
        ValueError: If there are no sequences, or an entry is missing.
    """
    if not isinstance(dump, Sequence) or not dump:
        raise ValueError(f'{name} is no list of predictions, but {repr(dump):.40}. {REMEDY}')
    for index, sample in enumerate(dump):
        found = sorted(sample) if isinstance(sample, dict) else []
        if 'pred_score' not in found or 'gt_label' not in found:
            raise ValueError(f'Sequence {index} of {name} needs pred_score and gt_label, but has '
                             f'{found}; retrieval (kNN), for one, gives no scores. {REMEDY}')


def dump_accuracy(dump: Sequence[dict]) -> dict[str, float]:
    """Measure predictions as MMAction2's ``AccMetric`` does.

    Args:
        dump (Sequence[dict]): See :func:`check_score_dump`.

    Returns:
        dict[str, float]: The fractions ``top1``, ``top5`` and ``mean1``, the mean class accuracy.
    """
    scores = [sample['pred_score'].numpy() for sample in dump]
    measures = AccMetric().calculate(scores, [int(sample['gt_label']) for sample in dump])
    return {name: float(value) for name, value in measures.items()}
