import pickle
from collections import Counter

import numpy as np
import pytest
from mmaction.registry import DATASETS
from mmengine.dataset import BaseDataset

from hico_mm.datasets import LabelFraction
from hico_mm.datasets.label_fraction import draw_balanced

SIZES = {0: 9, 1: 1, 4: 6, 7: 20}  # number of sequences by label: 36


class Named(BaseDataset):
    """A sample is the name of its sequence and a draw of NumPy's global generator."""

    def __init__(self, infos, **kwargs):
        self.infos = infos
        super().__init__(serialize_data=False, **kwargs)

    def load_data_list(self):
        return [dict(info) for info in self.infos]

    def prepare_data(self, idx):
        return self.get_data_info(idx)['frame_dir'], np.random.random()


INFOS = [dict(frame_dir=f's{label}_{i:03d}', label=label)
         for label, n in SIZES.items() for i in range(n)]
INFOS = [INFOS[i] for i in np.random.default_rng(5).permutation(36)]  # mixed classes, as in a file
NAMES, LABELS = [x['frame_dir'] for x in INFOS], [x['label'] for x in INFOS]


def build(fraction, infos=INFOS, **kwargs):
    return LabelFraction(dict(type=Named, infos=infos), fraction, **kwargs)


def slow_counts(sizes, total):
    """Number of sequences by label, without those of an incomplete last turn, and what is left."""
    counts = dict.fromkeys(sizes, 0)
    while True:
        open_classes = [label for label in sizes if counts[label] < sizes[label]]
        if len(open_classes) > total or not open_classes:
            return counts, open_classes, total
        for label in open_classes:
            counts[label] += 1
        total -= len(open_classes)


@pytest.mark.parametrize('fraction, total', [
    (0.001, 4), (0.08, 4), (0.14, 5), (1 / 3, 12), (0.5, 18), (0.8, 29), (0.99, 36), (1, 36)])
@pytest.mark.parametrize('seed', [0, 1])
def test_counts_are_balanced(fraction, total, seed):
    dataset = build(fraction, seed=seed)
    assert len(dataset) == total
    least, open_classes, left = slow_counts(SIZES, total)
    extra = Counter(dataset.num_per_class) - Counter(least)
    assert sum(extra.values()) == left
    assert set(extra) <= set(open_classes)
    assert set(extra.values()) <= {1}


def test_draw_is_the_same_everywhere():
    names = [f'{label}{i}' for label in 'abc' for i in range(5)]
    labels = np.repeat([0, 1, 2], 5)
    assert draw_balanced(names, labels, 0.5, seed=0).tolist() == [0, 2, 3, 5, 6, 7, 10, 11]
    assert draw_balanced(names, labels, 0.5, seed=1).tolist() == [1, 4, 5, 7, 8, 10, 12, 14]


def test_a_draw_follows_from_names_fraction_and_seed():
    before = np.random.get_state()[1].copy()
    indices = draw_balanced(NAMES, LABELS, 0.5, seed=2)
    assert (np.random.get_state()[1] == before).all()  # the global generator has no part in it
    assert (np.diff(indices) > 0).all()
    drawn = build(0.5, seed=2).frame_dirs
    assert drawn == [NAMES[i] for i in indices]
    assert set(build(0.2, seed=2).frame_dirs) < set(drawn)
    assert build(1.0).frame_dirs == NAMES
    shuffled = [INFOS[i] for i in np.random.default_rng(1).permutation(36)]
    again = build(0.5, shuffled, seed=2).frame_dirs
    assert sorted(again) == sorted(drawn) and again != drawn


@pytest.mark.parametrize('per_class, counts', [
    (1, {0: 1, 1: 1, 4: 1, 7: 1}), (5, {0: 5, 1: 1, 4: 5, 7: 5}), (7, {0: 7, 1: 1, 4: 6, 7: 7})])
def test_labels_per_class(per_class, counts):
    drawn = build(None, per_class=per_class, seed=3)
    assert drawn.num_per_class == counts
    assert set(drawn.frame_dirs) <= set(build(None, per_class=per_class + 1, seed=3).frame_dirs)
    assert drawn.frame_dirs == build(sum(counts.values()) / 36, seed=3).frame_dirs


def test_every_sequence_and_every_class_has_the_same_chance():
    names, labels = [f'{i:02d}' for i in range(15)], np.repeat([0, 1, 2], 5)
    drawn = np.array([np.bincount(draw_balanced(names, labels, 7 / 15, seed), minlength=15)
                      for seed in range(600)])  # (seeds, sequences): 3 + 2 + 2 sequences
    np.testing.assert_allclose(drawn.mean(0), 7 / 15, atol=0.07)
    per_class = np.stack([drawn[:, labels == label].sum(1) for label in range(3)], 1)
    np.testing.assert_allclose((per_class == 3).mean(0), 1 / 3, atol=0.07)


def test_says_when_there_are_more_classes_than_asked_for(told):
    assert build(0.01).num_per_class == {0: 1, 1: 1, 4: 1, 7: 1}
    assert 'fraction=0.01 of 36 sequences is less than one for each class; 4 are kept' in told[0]
    build(0.5)
    assert len(told) == 1


def test_says_when_a_class_has_fewer_than_asked_for(told):
    fewest = min(Counter(info['label'] for info in INFOS).values())
    for per_class, number in ((fewest, 0), (fewest + 1, 1)):
        kept = len(build(None, per_class=per_class))
        assert len(told) == number
    assert (f'per_class={fewest + 1}, but one class has only {fewest} sequences: {kept} are kept in all'
            in told[0])


def test_behaves_as_mmengine_wrappers_do():
    dataset = DATASETS.build(dict(
        type='LabelFraction', fraction=0.5, lazy_init=True,
        dataset=dict(type=Named, infos=INFOS, lazy_init=True)))
    assert not dataset.dataset._fully_initialized
    assert len(dataset) == 18
    assert [dataset.get_data_info(i)['frame_dir'] for i in range(18)] == dataset.frame_dirs
    assert [dataset[i][0] for i in range(18)] == dataset.frame_dirs
    assert dataset[-1][0] == dataset[np.int64(17)][0] == dataset.frame_dirs[-1]
    with pytest.raises(IndexError):
        dataset[18]
    # The first question draws, whatever it is.
    assert len(build(0.5, lazy_init=True).frame_dirs) == 18
    assert sum(build(0.5, lazy_init=True).num_per_class.values()) == 18


def test_takes_a_built_dataset_and_concatenated_ones():
    concat = dict(type='ConcatDataset', datasets=[
        dict(type=Named, infos=part) for part in (INFOS[:20], INFOS[20:])])
    dataset = LabelFraction(concat, 0.5)
    assert dataset.frame_dirs == [dataset[i][0] for i in range(18)]
    assert dataset.frame_dirs == LabelFraction(Named(INFOS), 0.5).frame_dirs


def test_real_file(data_dir):
    draw = LabelFraction(dict(
        type='SkeletonDataset', ann_file=str(data_dir / 'utd_mhad.pkl'), split='xsub_train',
        num_classes=27, serialize_data=False, pipeline=[]), 0.1)
    assert len(draw.dataset) == 431 and len(draw) == len(set(draw.frame_dirs)) == 43
    assert sorted(draw.num_per_class) == list(range(27))
    assert Counter(draw.num_per_class.values()) == {1: 11, 2: 16}
    assert [draw[i]['frame_dir'] for i in range(43)] == draw.frame_dirs


def test_bad_arguments():
    for fraction in (0, 1.01, float('nan'), '0.1', None):
        with pytest.raises(ValueError, match=f'got fraction={fraction!r}, expected a number above 0 and '
                                             'up to 1; for example, 0.01 keeps 1 %'):
            build(fraction)
    for arguments, message in ((dict(per_class=5), 'fraction=0.5 and per_class=5; give one of them'),
                               (dict(per_class=0), 'per_class=0 must be a positive integer')):
        with pytest.raises(ValueError, match=message):
            build(0.5, **arguments)
    for seed in (-1, 0.5, '1', None):
        with pytest.raises(ValueError, match=f'got seed={seed!r}, expected a whole number that is not '
                                             'negative; set another'):
            build(0.5, seed=seed)


@pytest.mark.parametrize('bad, message', [
    (dict(frame_dir='odd'), r"sequence 'odd' has no 'label' among its keys \['frame_dir', .*add it"),
    (dict(label=1), r"sequence 36 has no 'frame_dir' among its keys \['label', .*add it"),
    (dict(frame_dir='odd', label=[1, 2]), r"sequence 'odd': the label is \[1, 2\], but a whole number "
                                          'from 0 is expected; correct it'),
    (dict(frame_dir='odd', label=-1), "sequence 'odd': the label is -1, but a whole number"),
    (dict(frame_dir='s4_002', label=4), "several sequences have the frame_dir 's4_002'.*"
                                        'A RepeatDataset goes around LabelFraction'),
])
def test_bad_sequences(bad, message):
    with pytest.raises(ValueError, match=message):
        build(0.5, [*INFOS, bad])


def test_multi_class_data_sets_are_refused(tmp_path):
    keypoint = np.ones((1, 4, 5, 3), np.float32)
    path = tmp_path / 'multi.pkl'
    path.write_bytes(pickle.dumps([dict(frame_dir='a', label=[0, 2], keypoint=keypoint)]))
    config = dict(type='SkeletonDataset', ann_file=str(path), pipeline=[], multi_class=True,
                  num_classes=3, serialize_data=False)
    with pytest.raises(ValueError, match=r"'a': the label is tensor\(\[1., 0., 1.\]\), but a whole"):
        LabelFraction(config, 0.5)
