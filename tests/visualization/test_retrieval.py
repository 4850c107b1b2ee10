import numpy as np
import pytest
from mmengine.config import Config

from hico_mm.datasets.synthetic import make_sequences
from hico_mm.visualization.retrieval import check_queries, choose_queries, load_sequences, make_rows

PIPELINE = [dict(type='CentralCropResize', clip_len=5, ratio=1.),
            dict(type='FormatGCNInput', num_person=1), dict(type='PackActionInputs')]
DATA = dict(type='SyntheticSkeletonDataset', num_classes=3, pipeline=PIPELINE)
CFG = Config(dict(
    test_dataloader=dict(dataset=dict(split='val', num_sequences=2, **DATA)),
    test_cfg=dict(gallery_dataloader=dict(dataset=dict(split='train', num_sequences=3, **DATA)))),
    cfg_text='own', filename='own.py')


def features(label, *frame_dir):
    """Features whose direction turns with the label."""
    label = np.array(label)
    angle = label / 10
    return dict(feature=np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32), label=label,
                frame_dir=np.array(frame_dir))


def test_queries_lie_evenly_over_the_file():
    some = features(range(9))
    assert choose_queries(some, some, 3).tolist() == [0, 4, 8]
    assert choose_queries(some, some, 1).tolist() == [0]
    assert choose_queries(some, some, 20).tolist() == [*range(9)]


def test_mistakes_are_queries_with_a_wrong_neighbour():
    gallery = features([0, 5, 9])
    queries = features([0, 4, 5, 6, 9])
    assert choose_queries(queries, gallery, 5, mistakes=True).tolist() == [1, 3]
    with pytest.raises(ValueError, match='--mistakes: the nearest neighbour of every query is of its'):
        choose_queries(gallery, gallery, 5, mistakes=True)


def test_a_number_of_queries_below_one_is_refused():
    with pytest.raises(ValueError, match='--queries 0 has to be at least 1'):
        choose_queries(features([1]), features([1]), 0)


def test_named_queries_have_to_exist():
    assert check_queries([2, 0], features(range(3))).tolist() == [2, 0]
    with pytest.raises(ValueError, match='--index 3 is out of range: there are 3 queries, 0 to 2'):
        check_queries([3], features(range(3)))


def test_sequences_are_found_in_test_data_and_gallery():
    sequences = load_sequences(CFG, ['train_000002', 'val_000001'])
    assert {name: keypoint.shape for name, keypoint in sequences.items()} == {
        'val_000001': (1, 5, 25, 3), 'train_000002': (1, 5, 25, 3)}
    raw = make_sequences(3, 'train', 3)[2]['keypoint']
    frames = (np.arange(5) + 0.5) * raw.shape[1] / 5 - 0.5
    middle = (raw[0, int(np.floor(frames[2]))] + raw[0, int(np.ceil(frames[2]))]) / 2
    np.testing.assert_allclose(sequences['train_000002'][0, 2], middle, atol=1e-5)


def test_sequences_of_other_data_are_refused():
    with pytest.raises(ValueError, match='Sequence s7 is neither in the test data of own.py nor in its'):
        load_sequences(CFG, ['val_000001', 's7'])


def test_rows_hold_a_query_and_its_neighbours():
    queries = features([1, 0], 'val_000000', 'val_000001')
    gallery = features([0, 1, 2], 'train_000000', 'train_000001', 'train_000002')
    row, = make_rows(CFG, queries, gallery, np.array([1]), 2, 'cosine', ['sit', 'run', 'jump'])
    assert [(card.title, card.right, card.note) for card in row] == [
        ('sit', None, ''), ('sit', True, 'cosine 1.000'), ('run', False, 'cosine 0.995')]
    sequences = load_sequences(CFG, ['val_000001', 'train_000000', 'train_000001'])
    for card, name in zip(row, ['val_000001', 'train_000000', 'train_000001'], strict=True):
        np.testing.assert_array_equal(card.keypoint, sequences[name])


def test_without_labels_nothing_is_right_or_wrong():
    queries = features([-1], 'val_000000')
    gallery = features([0, 1], 'train_000000', 'train_000001')
    row, = make_rows(CFG, queries, gallery, np.array([0]), 1, 'euclidean', ['sit', 'run'])
    assert [(card.title, card.right) for card in row] == [('no label', None), ('sit', None)]
    assert row[1].note == 'distance 0.10'
