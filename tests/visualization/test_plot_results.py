import json
import re

import pytest

STREAMS = ['hico_a', 'hico_a_motion', 'hico_a_bone', 'hico_a+hico_a_bone+hico_a_motion']
GRANULARITIES = ['hico_a_1g', 'hico_a_2g', 'hico_a_3g', 'hico_a']


@pytest.fixture
def load(plot, tmp_path):
    """Write and read results of the named configs; the mean is the config's place in the list."""
    def load(configs, more=()):
        rows = [dict(config=config, task='fusion' if '+' in config else 'linear',
                     encoder='pretrained', mean=mean) for mean, config in enumerate(configs)]
        (tmp_path / 'results.json').write_text(json.dumps(dict(rows=rows + list(more))))
        return plot.load_rows(str(tmp_path / 'results.json'))

    return load


def means(groups):
    return {base: {label: row['mean'] for label, row in rows.items()} for base, rows in groups.items()}


@pytest.mark.parametrize('bases', [None, ['hico_a']])
def test_figures_find_their_rows_among_others(plot, load, bases):
    more = [dict(config=config, task=task, encoder=encoder, mean=7) for config, task, encoder in [
        ('hico_a', 'knn', 'pretrained'), ('hico_a', 'pretrain', 'pretrained'),
        ('hico_a', 'linear', 'untrained'),
        ('+'.join(STREAMS[:3]) + ' (0.6 : 0.4 : 0.6)', 'fusion', 'pretrained')]]
    fusion = 'hico_a_motion+hico_a+hico_a_bone'  # the order does not matter
    rows = load([*STREAMS[:3], fusion, *GRANULARITIES[:3], 'hico_b', 'hico_b_gru'], more)
    assert means(plot.select_rows(rows, 3, bases)) == dict(
        hico_a=dict(joint=0, motion=1, bone=2, fusion=3))
    assert means(plot.select_rows(rows, 4, bases)) == dict(hico_a={1: 4, 2: 5, 3: 6, 4: 0})


def test_several_configs_are_groups(plot, load):
    rows = load(GRANULARITIES + [name.replace('_a', '_b') for name in GRANULARITIES])
    assert list(plot.select_rows(rows, 4)) == ['hico_a', 'hico_b']
    assert list(plot.select_rows(rows, 4, ['hico_b'])) == ['hico_b']


RUN = 'Run, with the folder of the results as --out: python tools/analysis/benchmark.py '


@pytest.mark.parametrize('there, figure, bases, message', [
    (GRANULARITIES[2:], 4, None,
     "Figure 4 needs rows of linear evaluation that are missing: ['hico_a_1g', 'hico_a_2g']. "
     f'{RUN}hico_a_1g hico_a_2g --tasks linear'),
    (STREAMS[1:2], 3, None,
     "Figure 3 needs rows of linear evaluation that are missing: ['hico_a', 'hico_a_bone', "
     f"'hico_a+hico_a_bone+hico_a_motion']. {RUN}hico_a hico_a_bone hico_a_motion --tasks linear "
     '--fuse'),
    ([*STREAMS, 'hico_b', 'hico_b_bone', 'hico_b+hico_b_bone+hico_b_motion'], 3, None,
     f"['hico_b_motion']. {RUN}hico_b_motion --tasks linear"),
    ([], 3, ['hico_a', 'hico_b'],
     f'{RUN}hico_a hico_a_bone hico_a_motion --tasks linear --fuse and python '
     'tools/analysis/benchmark.py hico_b hico_b_bone hico_b_motion --tasks linear --fuse'),
    (STREAMS, 4, None, "Figure 4 compares variations ['_1g', '_2g', '_3g'] of a config, but there are "
     f'only rows of {sorted(STREAMS)}. Name the config by --base')])
def test_what_is_missing_is_named(plot, load, there, figure, bases, message):
    with pytest.raises(ValueError, match=f'{re.escape(message)}(\\.|$| to see)'):
        plot.select_rows(load(there), figure, bases)


def row(mean, std=0., seeds=3):
    std = None if seeds == 1 else std
    return dict(mean=mean, std=std, values=[mean] * seeds)


def error_bars(container):
    """Ends of the error bars of a container of matplotlib."""
    _, _, (bars, ) = container.errorbar if hasattr(container, 'errorbar') else container
    return [tuple(segment.reshape(-1, 2)[:, 1]) for segment in bars.get_segments()]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_bars_of_the_streams(plot):
    axes, = plot.draw_streams(dict(
        hico_a=dict(joint=row(80.), motion=row(70., 2.), bone=row(75.), fusion=row(85., 1.)),
        hico_b=dict(joint=row(40.), motion=row(30., 3.), bone=row(20.), fusion=row(50.)))).axes
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


def test_points_over_the_number_of_granularities(plot):
    axes, = plot.draw_granularities({
        'hico_a': {1: row(60., 2.), 2: row(65.), 3: row(68.), 4: row(70., 1.)},
        'hico_b': {1: row(50., seeds=1), 2: row(51.), 3: row(52.), 4: row(53.)}}).axes
    assert legend(axes) == ['hico_a', 'hico_b']
    lines = [container[0] for container in axes.containers]
    assert [line.get_xdata().tolist() for line in lines] == [[1, 2, 3, 4]] * 2
    assert [line.get_ydata().tolist() for line in lines] == [[60, 65, 68, 70], [50, 51, 52, 53]]
    assert error_bars(axes.containers[0]) == [(58, 62), (65, 65), (68, 68), (69, 71)]
    assert len([bar for bar in error_bars(axes.containers[1]) if bar]) == 3  # a single run has none
    assert axes.get_xlabel() == 'number of granularities'
    assert axes.get_ylabel().endswith('of 1 to 3 runs')
    assert axes.get_xticks().tolist() == [1, 2, 3, 4]
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == 2
