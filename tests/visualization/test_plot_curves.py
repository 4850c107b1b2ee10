import pytest

TRAINING = dict(lr={1.0: 0.1}, loss={1.0: 9.}, acc_clip={1.0: 1.},
                loss_instance={0.5: 5., 1.0: 4.}, loss_clip={0.5: 3., 1.0: 2.})
RUN = (TRAINING, {'knn/top1': {0: 0.25, 1: 0.5}, 'knn/top5': {1: 0.9}})


def points(axes):
    return {line.get_label(): (line.get_xdata().tolist(), line.get_ydata().tolist())
            for line in axes.get_lines()}


def test_losses_of_the_levels_beside_accuracy(plot):
    losses, accuracy = plot.draw_curves(dict(run=RUN)).axes
    assert points(losses) == dict(loss_instance=([0.5, 1], [5, 4]), loss_clip=([0.5, 1], [3, 2]))
    assert points(accuracy) == {'knn/top1': ([0, 1], [25, 50])}
    assert (losses.get_xlabel(), losses.get_ylabel()) == ('epoch', 'loss')
    assert (accuracy.get_xlabel(), accuracy.get_ylabel()) == ('epoch', 'validation (%)')
    assert losses.get_xlim() == accuracy.get_xlim()
    assert len({line.get_marker() for line in losses.get_lines()}) == 2  # told apart without colour


@pytest.mark.parametrize('keys, labels, drawn', [
    (['knn/top1'], ['validation (%)'], [{'knn/top1'}]),
    (['lr', 'loss'], ['training'], [{'lr', 'loss'}]),
    (['loss', 'knn/top1'], ['loss', 'validation (%)'], [{'loss'}, {'knn/top1'}])])
def test_chosen_keys(plot, keys, labels, drawn):
    figure = plot.draw_curves(dict(run=RUN), keys)
    assert [axes.get_ylabel() for axes in figure.axes] == labels
    assert [set(points(axes)) for axes in figure.axes] == drawn


def test_runs_differ_in_their_line(plot):
    figure = plot.draw_curves(dict(first=RUN, second=(dict(loss_clip={1.0: 7.}), {})))
    lines = figure.axes[0].get_lines()
    assert [(line.get_linestyle(), line.get_ydata().tolist()) for line in lines] == [
        ('-', [5, 4]), ('-', [3, 2]), ('--', []), ('--', [7])]
    assert lines[1].get_color() == lines[3].get_color()
    names, = figure.legends
    assert [text.get_text() for text in names.get_texts()] == ['first', 'second']


@pytest.mark.parametrize('run, keys, message', [
    (RUN, ['loss_part'], r"run logged no \['loss_part'\]. Choose --keys from \['acc_clip', 'knn"),
    ((dict(lr={}), {}), None, r"run logged no losses and accuracies. Choose --keys from \['lr'\]")])
def test_what_was_not_logged_is_refused(plot, run, keys, message):
    with pytest.raises(ValueError, match=message):
        plot.draw_curves(dict(run=run), keys)
