import numpy as np
import pytest
from matplotlib.colors import to_rgb
from mmengine.config import Config

from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.evaluation.functional import hash_joints
from hico_mm.visualization.skeletons import project

PARENTS = (0, 0, 1, 1)
PIPELINE = [dict(type='CentralCropResize', clip_len=5, ratio=1.),
            dict(type='FormatGCNInput', num_person=1), dict(type='PackActionInputs')]
DATA = dict(type='SyntheticSkeletonDataset', num_classes=3, pipeline=PIPELINE, serialize_data=False)
CFG = Config(dict(
    test_dataloader=dict(dataset=dict(split='val', num_sequences=2, **DATA)),
    test_cfg=dict(gallery_dataloader=dict(dataset=dict(split='train', num_sequences=3, **DATA)))),
    cfg_text='own', filename='own.py')


def features(label, *frame_dir):
    """Features whose direction turns with the label."""
    label = np.array(label)
    angle = label / 10
    return dict(feature=np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32), label=label,
                frame_dir=np.array(frame_dir or [str(id(label)) + str(i) for i in range(len(label))]))


def test_neighbours_come_nearest_first_and_are_other_sequences(plot):
    gallery = dict(feature=np.array([[2, 0], [3, 3], [0, 1], [-1, 0]], dtype=np.float32),
                   frame_dir=np.array(['a', 'b', 'c', 'd']))
    queries = dict(feature=np.array([[1., 0.1], [0, 1], [4, 3.9]], dtype=np.float32),
                   frame_dir=np.array(['x', 'c', 'y']))
    neighbours, values = plot.find_neighbours(queries, gallery, [0, 2], 2)
    assert neighbours.tolist() == [[0, 1], [1, 0]]
    length = np.sqrt(1.01)
    np.testing.assert_allclose(values[0], [1 / length, 1.1 / length / np.sqrt(2)], rtol=1e-5)
    neighbours, _ = plot.find_neighbours(queries, gallery, [1], 3)
    assert sorted(neighbours[0]) == [0, 1, 3]  # without the nearest, which is itself
    neighbours, values = plot.find_neighbours(queries, gallery, [1], 1, 'euclidean')
    assert neighbours.tolist() == [[3]]
    np.testing.assert_allclose(values, [[-np.sqrt(2)]], rtol=1e-5)
    queries['feature'][1, 1] = 5  # another sequence of the same name
    assert plot.find_neighbours(queries, gallery, [1], 2)[0].tolist() == [[2, 1]]
    for k in (0, 4):
        with pytest.raises(ValueError, match=f'--k {k} has to be at least 1 and below the 4 sequences'):
            plot.find_neighbours(queries, gallery, [0], k)
    with pytest.raises(ValueError, match='The queries have 5 channels, the gallery 2. Extract both'):
        plot.find_neighbours(dict(queries, feature=np.zeros((3, 5))), gallery, [0], 1)


def test_queries_lie_evenly_over_the_file_or_its_mistakes(plot):
    for number, expected in [(3, [0, 4, 8]), (1, [0]), (20, [*range(9)])]:
        assert plot.choose_queries(features(range(9)), features([0]), number).tolist() == expected
    gallery = features([0, 5, 9])
    queries = features([0, 4, 5, 6, 9, -1])
    assert plot.choose_queries(queries, gallery, 5, mistakes=True).tolist() == [1, 3]
    with pytest.raises(ValueError, match='--mistakes: the nearest neighbour of every query is of its'):
        plot.choose_queries(features([0, 5, -1]), gallery, 5, mistakes=True)


def middle_of(raw):
    """The third of the five frames."""
    middle = raw.shape[1] / 2 - 0.5
    return (raw[0, int(np.floor(middle))] + raw[0, int(np.ceil(middle))]) / 2


def test_rows_hold_a_query_and_its_neighbours(plot):
    queries = features([1, 0], 'val_000000', 'val_000001')
    gallery = features([0, 1, 2], 'train_000000', 'train_000001', 'train_000002')
    row, = plot.make_rows(CFG, queries, gallery, np.array([1]), 2, 'cosine', ['sit', 'run', 'jump'])
    assert [card[1:] for card in row] == [
        ('sit', None, ''), ('sit', True, 'cosine 1.000'), ('run', False, 'cosine 0.995')]
    for card, split, number in zip(row, ('val', 'train', 'train'), (1, 0, 1), strict=True):
        assert card.keypoint.shape == (1, 5, 25, 3)
        raw = make_sequences(3, split, 3)[number]['keypoint']
        np.testing.assert_allclose(card.keypoint[0, 2], middle_of(raw), atol=1e-5)
    # Without labels nothing is right or wrong.
    queries['label'][:] = -1
    row, = plot.make_rows(CFG, queries, gallery, np.array([0]), 1, 'euclidean', ['sit', 'run', 'jump'])
    assert [card[1:] for card in row] == [('no label', None, ''), ('run', None, 'distance 0.00')]
    with pytest.raises(ValueError, match='Sequence s7 is neither in the test data of own.py nor in its'):
        plot.load_sequences(CFG, features([0, 0], 'val_000001', 's7'))


@pytest.mark.parametrize('content', [{}, dict(content=np.array(['', '']))])
def test_sequences_of_equal_names_are_drawn_from_their_own_data_set(plot, tmp_path, content):
    data = dict(type='SkeletonDataset', split='all', pipeline=PIPELINE, test_mode=True)
    raw, loaders = {}, {}
    for split in ('train', 'val'):
        raw[split] = [dict(x, frame_dir=str(i)) for i, x in enumerate(make_sequences(2, split))]
        loaders[split] = dict(dataset=dict(data, ann_file=str(tmp_path / f'{split}.pkl')))
        write_annotation_file(loaders[split]['dataset']['ann_file'], dict(all=raw[split]), 'float32')
    cfg = Config(dict(test_dataloader=loaders['val'],
                      test_cfg=dict(gallery_dataloader=loaders['train'])))
    names, hashes = (features([0, 1], '0', '1'), [hash_joints(x['keypoint']) for x in raw['train']])
    found = plot.load_sequences(cfg, dict(names, **content), dict(names, **content))
    by_content, = plot.load_sequences(cfg, dict(names, content=np.array(hashes)))
    for sequences, split in zip([*found, by_content], ('val', 'train', 'train'), strict=True):
        for keypoint, sequence in zip(sequences, raw[split], strict=True):
            np.testing.assert_allclose(keypoint[0, 2], middle_of(sequence['keypoint']), atol=1e-5)


def keypoint(scale=1.):
    return scale * np.random.rand(1, 11, 4, 3).astype(np.float32) + 1


def test_right_and_wrong_differ_in_sign_and_border_and_all_have_one_scale(plot):
    absent = np.concatenate([keypoint(), np.zeros((1, 11, 4, 3), dtype=np.float32)])
    rows = [[plot.Card(absent, 'sit'), plot.Card(keypoint(2.), 'sit', True, 'cosine 0.9'),
             plot.Card(keypoint(), 'a_class_with_a_name_of_very_many_words', False, 'cosine 0.8'),
             plot.Card(keypoint(), 'no label', None, 'cosine 0.7')]] * 2
    figure = plot.draw_retrieval(rows, PARENTS)
    first = figure.axes[:4]
    assert [axes.get_title() for axes in first] == [
        'sit', '✓ sit', '✗ a class with a\nname of very…', 'no label']
    assert [axes.get_xlabel() for axes in first] == ['', 'cosine 0.9', 'cosine 0.8', 'cosine 0.7']
    borders = [axes.spines['left'] for axes in first]
    assert [border.get_linestyle() for border in borders] == ['-', '-', '--', '-']
    assert [border.get_linewidth() for border in borders] == [0.8, 2, 2, 0.8]
    # Headings are above the titles of the first row alone.
    assert [axes.texts[0].get_text() for axes in first] == [
        'query', 'neighbour 1', 'neighbour 2', 'neighbour 3']
    assert not any(axes.texts for axes in figure.axes[4:])
    figure.draw_without_rendering()
    for axes in first:
        assert axes.texts[0].get_window_extent().y0 > axes.title.get_window_extent().y1
    # Three moments, the middle last and darkest.
    for line, frame, grey in zip(first[1].lines[2::4], [2, 8, 5], [.75, .5, 0], strict=True):
        expected = project(rows[0][1].keypoint[0, frame])
        np.testing.assert_allclose(line.get_xydata()[::3], expected)
        np.testing.assert_allclose(to_rgb(line.get_color()), grey)
    sizes = [(np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())) for axes in figure.axes]
    np.testing.assert_allclose(sizes, [sizes[0]] * 8)
    for axes in figure.axes:
        points = np.concatenate([line.get_xydata() for line in axes.lines])
        points = points[np.isfinite(points).all(axis=1)]
        low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
        assert (points > low).all() and (points < high).all()
    absent = figure.axes[0].lines[4:8]
    assert not any(len(line.get_xdata()) for line in absent)
