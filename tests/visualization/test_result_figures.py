import pytest

from hico_mm.visualization.result_figures import draw_granularities, draw_streams


def row(mean, std=0., seeds=3):
    return dict(mean=mean, std=std, values=[mean] * seeds)


def error_bars(container):
    """Ends of the error bars of a container of matplotlib."""
    _, _, (bars, ) = container.errorbar if hasattr(container, 'errorbar') else container
    return [tuple(segment.reshape(-1, 2)[:, 1]) for segment in bars.get_segments()]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_bars_of_the_streams():
    figure = draw_streams(dict(
        hico_a=dict(joint=row(80.), motion=row(70., 2.), bone=row(75.), fusion=row(85., 1.)),
        hico_b=dict(joint=row(40.), motion=row(30., 3.), bone=row(20.), fusion=row(50.))))
    axes, = figure.axes
    assert legend(axes) == ['joint', 'motion', 'bone', 'fusion']
    bars = {container.get_label(): container for container in axes.containers
            if container.get_label() in legend(axes)}
    heights = {name: [bar.get_height() for bar in container] for name, container in bars.items()}
    assert heights == dict(joint=[80, 40], motion=[70, 30], bone=[75, 20], fusion=[85, 50])
    assert error_bars(bars['motion']) == [(68, 72), (27, 33)]
    centres = sorted(bar.get_x() + bar.get_width() / 2 for container in bars.values()
                     for bar in container)
    assert centres == pytest.approx([-0.3, -0.1, 0.1, 0.3, 0.7, 0.9, 1.1, 1.3])
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ['hico_a', 'hico_b']
    assert [text.get_text() for text in axes.texts] == [
        '80.0', '40.0', '70.0', '30.0', '75.0', '20.0', '85.0', '50.0']
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylabel() == ('linear evaluation, top-1 (%)\n'
                                 'mean ± standard deviation of 3 runs')
    # Without colour the hatches tell them apart.
    assert len({container[0].get_hatch() for container in bars.values()}) == 4


def test_points_over_the_number_of_granularities():
    figure = draw_granularities({
        'hico_a': {1: row(60., 2.), 2: row(65.), 3: row(68.), 4: row(70., 1.)},
        'hico_b': {1: row(50., seeds=1), 2: row(51.), 3: row(52.), 4: row(53.)}})
    axes, = figure.axes
    assert legend(axes) == ['hico_a', 'hico_b']
    lines = [container[0] for container in axes.containers]
    assert [line.get_xdata().tolist() for line in lines] == [[1, 2, 3, 4]] * 2
    assert [line.get_ydata().tolist() for line in lines] == [[60, 65, 68, 70], [50, 51, 52, 53]]
    assert error_bars(axes.containers[0]) == [(58, 62), (65, 65), (68, 68), (69, 71)]
    assert axes.get_xlabel() == 'number of granularities'
    assert axes.get_ylabel().endswith('of 1 to 3 runs')
    assert axes.get_xticks().tolist() == [1, 2, 3, 4]
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == 2


def test_a_single_run_has_no_spread():
    figure = draw_granularities({'hico_a': {number: row(60., seeds=1) for number in (1, 2, 3, 4)}})
    axes, = figure.axes
    assert not any(error_bars(axes.containers[0]))
    assert axes.get_ylabel() == 'linear evaluation, top-1 (%)'
