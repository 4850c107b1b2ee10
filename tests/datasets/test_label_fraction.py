import logging
import pickle
from collections import Counter

import numpy as np
import pytest
from mmaction.registry import DATASETS
from mmengine.dataset import BaseDataset

from hico_mm.datasets import LabelFraction
from hico_mm.datasets.label_fraction import draw_balanced

SIZES = {0: 9, 1: 1, 4: 6, 7: 20}  # number of sequences by label: 36


def sequences(sizes=None):
    """Name and label of each sequence; the classes are mixed, as in a file."""
    pairs = [(f's{label}_{i:03d}', label) for label, n in (sizes or SIZES).items() for i in range(n)]
    return [pairs[i] for i in np.random.default_rng(5).permutation(len(pairs))]


class Named(BaseDataset):
    """A sample is the name of its sequence and a draw of NumPy's global generator."""

    METAINFO = dict(classes=('a', 'b'))

    def __init__(self, infos, **kwargs):
        self.infos = infos
        super().__init__(serialize_data=False, **kwargs)

    def load_data_list(self):
        return [dict(info) for info in self.infos]

    def prepare_data(self, idx):
        return self.get_data_info(idx)['frame_dir'], np.random.random()


@pytest.fixture(scope='module', autouse=True)
def _register():
    DATASETS.register_module(module=Named, name='Named')
    yield
    DATASETS.module_dict.pop('Named')


def infos(sizes=None):
    return [dict(frame_dir=name, label=label) for name, label in sequences(sizes)]


def build(annotations, fraction=1.0, **kwargs):
    return LabelFraction(dict(type='Named', infos=annotations), fraction, **kwargs)


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
    dataset = build(infos(), fraction, seed=seed)
    assert len(dataset) == total
    least, open_classes, left = slow_counts(SIZES, total)
    extra = Counter(dataset.num_per_class) - Counter(least)
    assert sum(extra.values()) == left
    assert set(extra) <= set(open_classes)
    assert set(extra.values()) <= {1}


def test_a_class_that_runs_out_leaves_the_rest_to_the_others():
    assert build(infos(), 0.5).num_per_class in (
        {0: 6, 1: 1, 4: 6, 7: 5}, {0: 5, 1: 1, 4: 6, 7: 6}, {0: 6, 1: 1, 4: 5, 7: 6})
    assert build(infos(), 35 / 36).num_per_class == {0: 9, 1: 1, 4: 6, 7: 19}


def test_draws_are_without_replacement_and_in_the_order_of_the_data():
    names, labels = zip(*sequences(), strict=True)
    before = np.random.get_state()[1].copy()
    indices = draw_balanced(names, labels, 0.5, seed=2)
    assert (np.random.get_state()[1] == before).all()  # the global generator has no part in it
    assert (np.diff(indices) > 0).all()
    dataset = build(infos(), 0.5, seed=2)
    assert dataset.frame_dirs == [names[i] for i in indices]
    assert build(infos(), 1.0).frame_dirs == list(names)


def test_draw_is_the_same_everywhere():
    names = [f'{label}{i}' for label in 'abc' for i in range(5)]
    labels = np.repeat([0, 1, 2], 5)
    assert draw_balanced(names, labels, 0.5, seed=0).tolist() == [0, 2, 3, 5, 6, 7, 10, 11]
    assert draw_balanced(names, labels, 0.5, seed=1).tolist() == [1, 4, 5, 7, 8, 10, 12, 14]


def test_order_of_the_file_does_not_matter():
    expected = sorted(build(infos(), 0.4, seed=3).frame_dirs)
    shuffled = [infos()[i] for i in np.random.default_rng(1).permutation(36)]
    dataset = build(shuffled, 0.4, seed=3)
    assert sorted(dataset.frame_dirs) == expected
    assert dataset.frame_dirs != expected


def test_larger_fractions_contain_smaller_ones():
    smaller, larger = (set(build(infos(), fraction).frame_dirs) for fraction in (0.2, 0.6))
    assert smaller < larger


def test_every_sequence_and_every_class_has_the_same_chance():
    sizes = {0: 5, 1: 5, 2: 5}
    names, labels = zip(*sequences(sizes), strict=True)
    drawn = np.array([np.bincount(draw_balanced(names, labels, 7 / 15, seed), minlength=15)
                      for seed in range(600)])  # (seeds, sequences): 3 + 2 + 2 sequences
    np.testing.assert_allclose(drawn.mean(0), 7 / 15, atol=0.07)
    per_class = np.stack([drawn[:, np.equal(labels, label)].sum(1) for label in sizes], 1)
    np.testing.assert_allclose((per_class == 3).mean(0), 1 / 3, atol=0.07)


def test_says_when_there_are_more_classes_than_asked_for(monkeypatch):
    said = []
    monkeypatch.setattr('hico_mm.datasets.label_fraction.print_log',
                        lambda *args: said.append(args))
    assert build(infos(), 0.01).num_per_class == {0: 1, 1: 1, 4: 1, 7: 1}
    [(message, _, level)] = said
    assert 'fraction=0.01 of 36 sequences is less than one for each class; 4 are kept' in message
    assert level == logging.WARNING
    build(infos(), 0.5)
    assert len(said) == 1


def test_behaves_as_mmengine_wrappers_do():
    dataset = DATASETS.build(dict(
        type='LabelFraction', fraction=0.5, lazy_init=True,
        dataset=dict(type='Named', infos=infos(), lazy_init=True)))
    assert not dataset.dataset._fully_initialized
    metainfo = dataset.metainfo
    assert metainfo == dict(classes=('a', 'b'))
    metainfo.clear()
    assert dataset.metainfo == dict(classes=('a', 'b'))
    assert len(dataset.frame_dirs) == 18
    assert len(dataset) == 18
    assert [dataset.get_data_info(i)['frame_dir'] for i in range(18)] == dataset.frame_dirs
    assert [dataset[i][0] for i in range(18)] == dataset.frame_dirs
    assert dataset[-1][0] == dataset[np.int64(17)][0] == dataset.frame_dirs[-1]
    with pytest.raises(IndexError):
        dataset[18]


@pytest.mark.parametrize('access', [
    len, lambda x: len(x.frame_dirs), lambda x: sum(x.num_per_class.values())])
def test_draws_when_first_asked(access):
    assert access(build(infos(), 0.5, lazy_init=True)) == 18


def test_takes_a_built_dataset_and_concatenated_ones():
    first, second = infos()[:20], infos()[20:]
    concat = dict(type='ConcatDataset', datasets=[
        dict(type='Named', infos=first), dict(type='Named', infos=second)])
    expected = LabelFraction(Named(infos()), 0.5).frame_dirs
    dataset = LabelFraction(concat, 0.5)
    assert dataset.frame_dirs == [dataset[i][0] for i in range(18)] == expected


def test_seeded_dataset_around_it():
    dataset = DATASETS.build(dict(type='SeededDataset', dataset=dict(
        type='LabelFraction', fraction=0.5, seed=4, dataset=dict(type='Named', infos=infos()))))
    samples = []
    for epoch in (0, 1, 0):
        dataset.set_epoch(3, epoch)
        samples.append([dataset[i] for i in range(len(dataset))])
    assert samples[0] == samples[2]
    names = build(infos(), 0.5, seed=4).frame_dirs
    assert [x[0] for x in samples[0]] == [x[0] for x in samples[1]] == names
    assert len({x[1] for x in samples[0] + samples[1]}) == 36


def test_real_file(data_dir):
    config = dict(
        type='SkeletonDataset', ann_file=str(data_dir / 'utd_mhad.pkl'), split='xsub_train',
        num_classes=27, serialize_data=False, pipeline=[
            dict(type='RandomCropResize', clip_len=64, min_ratio=0.5, max_ratio=1.0, min_frames=64),
            dict(type='FormatGCNInput', num_person=1), dict(type='PackActionInputs')])
    dataset = DATASETS.build(dict(type='SeededDataset', dataset=dict(
        type='LabelFraction', fraction=0.1, seed=0, dataset=config)))
    draw = dataset.dataset
    assert len(draw.dataset) == 431
    assert len(dataset) == len(set(draw.frame_dirs)) == 43
    assert sorted(draw.num_per_class) == list(range(27))
    assert Counter(draw.num_per_class.values()) == {1: 11, 2: 16}
    train = set(pickle.loads((data_dir / 'utd_mhad.pkl').read_bytes())['split']['xsub_train'])
    assert set(draw.frame_dirs) < train
    dataset.set_epoch(0, 0)
    sample = dataset[7]
    assert sample['inputs'].shape == (1, 1, 64, 20, 3)
    assert int(sample['data_samples'].gt_label) == draw.get_data_info(7)['label']


@pytest.mark.parametrize('fraction', [0, 1.01, float('nan'), '0.1', None])
def test_fraction_out_of_range(fraction):
    with pytest.raises(ValueError, match=f'got fraction={fraction!r}, expected a number above 0 and '
                                         'up to 1; for example, 0.01 keeps 1 %'):
        build(infos(), fraction)


@pytest.mark.parametrize('seed', [-1, 0.5, '1', None])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match=f'got seed={seed!r}, expected a whole number that is not '
                                         'negative; set another'):
        build(infos(), 0.5, seed=seed)


@pytest.mark.parametrize('bad, message', [
    (dict(frame_dir='odd'), r"sequence 'odd' has no 'label' among its keys \['frame_dir', "
                            r".*add its class"),
    (dict(label=1), r"sequence 36 has no 'frame_dir' among its keys \['label', .*add its name"),
    (dict(frame_dir='odd', label=[1, 2]), r"sequence 'odd': the label is \[1, 2\], but a whole number "
                                          'from 0 is expected; correct it'),
    (dict(frame_dir='odd', label=-1), "sequence 'odd': the label is -1, but a whole number"),
    (dict(frame_dir='s4_002', label=4), "several sequences have the frame_dir 's4_002'.*"
                                        'A RepeatDataset goes around LabelFraction'),
])
def test_bad_sequences(bad, message):
    with pytest.raises(ValueError, match=message):
        build([*infos(), bad], 0.5)


def test_multi_class_data_sets_are_refused(tmp_path):
    keypoint = np.ones((1, 4, 5, 3), np.float32)
    path = tmp_path / 'multi.pkl'
    path.write_bytes(pickle.dumps([dict(frame_dir='a', label=[0, 2], keypoint=keypoint)]))
    config = dict(type='SkeletonDataset', ann_file=str(path), pipeline=[], multi_class=True,
                  num_classes=3, serialize_data=False)
    with pytest.raises(ValueError, match=r"'a': the label is tensor\(\[1., 0., 1.\]\), but a whole"):
        LabelFraction(config, 0.5)
