from hico_mm.visualization.throughput_figure import draw_throughput

SWEEPS = {
    'batch size': dict(ours={64: 30.0, 256: 40.0, 1024: 50.0}, plain={64: 20.0, 256: 25.0}),
    'workers': dict(ours={0: 3000.0, 2: 6000.0}, plain={0: 2000.0, 2: 4000.0})}


def test_a_panel_for_each_sweep():
    batch_size, workers = draw_throughput(SWEEPS).axes
    for axes, (varied, sweep) in zip((batch_size, workers), SWEEPS.items(), strict=True):
        assert axes.get_xlabel() == varied
        assert {line.get_label(): dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
                for line in axes.get_lines()} == sweep
        assert axes.get_ylim()[0] == 0
        assert len({line.get_marker() for line in axes.get_lines()}) == 2  # told apart without colour
    assert (batch_size.get_xscale(), workers.get_xscale()) == ('log', 'linear')
    assert [label.get_text() for label in batch_size.get_xticklabels()] == ['64', '256', '1024']
    assert batch_size.get_ylabel() == 'samples/s'
