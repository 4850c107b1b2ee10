import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_rgb


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close('all')


COUNTS = np.array([[3, 1, 0], [0, 0, 0], [1, 1, 6]])  # no sequence is of class 1
PERCENT = np.array([[75, 25, 0], [0, 0, 0], [12.5, 12.5, 75]])


def test_values_names_and_the_worst_confusions(plot):
    assert plot.worst_confusions(COUNTS, 1) == [(0, 1, 25.)]
    assert plot.worst_confusions(COUNTS, 5) == [(0, 1, 25.), (2, 0, 12.5), (2, 1, 12.5)]
    figure = plot.draw_confusion(COUNTS, ['sit', 'run', 'wave'])
    axes, = figure.axes
    image = axes.images[0]
    np.testing.assert_array_equal(image.get_array(), PERCENT.round())
    values = {text.get_position(): text.get_text() for text in axes.texts if text.get_text()}
    assert values == {(0, 0): '75', (1, 0): '25', (0, 2): '12', (1, 2): '12', (2, 2): '75'}
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [text.get_text() for text in labels] == ['sit', 'run', 'wave']
    assert (axes.get_xlabel(), axes.get_ylabel()) == ('Predicted label', 'True label')
    assert figure.get_suptitle() == 'in % of the true class; top-1 75.0 % of 12 sequences'
    for text in axes.texts:  # numbers stand out from their cells
        column, row = text.get_position()
        cell = image.cmap(image.norm(PERCENT[row, column]))
        assert abs(cell[0] - to_rgb(text.get_color())[0]) > 0.5


def test_numbers_and_names_fit_many_classes(plot):
    names = [f'a rather long name {number}' for number in range(15)]
    figure = plot.draw_confusion(np.eye(15, dtype=int), names)
    figure.draw_without_rendering()
    axes, = figure.axes
    cell = axes.get_window_extent().width / 15
    assert all(text.get_window_extent().width < cell for text in axes.texts)  # '100'
    assert all(text.get_window_extent().width < cell for text in axes.get_xticklabels())  # turned
    assert all(text.get_window_extent().height < cell for text in axes.get_yticklabels())
    assert min(text.get_window_extent().x0 for text in axes.get_yticklabels()) > 0


def test_neighbours_vote_and_need_labels(plot, tmp_path, monkeypatch):
    def save(name, feature, label):
        np.savez(tmp_path / f'{name}.npz', feature=np.array(feature, dtype=np.float32), label=label)

    def predict(*options):
        argv = ['plot', str(tmp_path / 'val.npz'), '--gallery', str(tmp_path / 'train.npz'), *options]
        monkeypatch.setattr('sys.argv', [*argv, '--out', 'x.png'])
        return plot.load_predictions(plot.parse_args())

    save('train', [[2, 0], [3, 3], [0, 1], [-1, 0]], [4, 5, 6, 7])
    save('val', [[1, .1], [0, 5], [4, 3.9]], [4, 5, 6])
    predicted, label, names = predict()
    assert predicted.tolist() == [4, 6, 5] and label.tolist() == [4, 5, 6] and len(names) == 8
    assert predict('--similarity', 'euclidean')[0].tolist() == [4, 5, 5]
    save('val', [[1, .1], [0, 5]], [4, -1])
    with pytest.raises(ValueError, match='1 sequences of .*val.npz have no label. Use features of'):
        predict()
