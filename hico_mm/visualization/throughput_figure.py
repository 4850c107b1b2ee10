"""The figure of throughput over what was varied."""
from matplotlib.figure import Figure

# Told apart without colour too.
LINES = dict(
    ours=dict(color='#08519c', marker='o'),
    plain=dict(color='#e6550d', marker='s', linestyle='--'))


def draw_throughput(sweeps: dict[str, dict[str, dict[int, float]]]) -> Figure:
    """Draw samples/s, ours and plain, in a panel for each thing that was varied.

    Args:
        sweeps (dict[str, dict[str, dict[int, float]]]): Samples/s by what was varied (the label of the
            axis), by form (``'ours'`` or ``'plain'``), and by its number.

    Returns:
        Figure: As many panels as sweeps.
    """
    figure = Figure(figsize=(3.6 * len(sweeps), 3.2), layout='constrained')
    all_axes = figure.subplots(1, len(sweeps), squeeze=False)[0]
    for axes, (varied, sweep) in zip(all_axes, sweeps.items(), strict=True):
        for form, rates in sweep.items():
            axes.plot(list(rates), list(rates.values()), label=form, **LINES[form])
        numbers = sorted({number for rates in sweep.values() for number in rates})
        if numbers[0] > 0 and numbers[-1] / numbers[0] > 8:
            axes.set_xscale('log', base=2)
        axes.set_xticks(numbers, [str(number) for number in numbers])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_xlabel(varied)
        axes.grid(alpha=0.4)
        axes.spines[['top', 'right']].set_visible(False)
    all_axes[0].set_ylabel('samples/s')
    all_axes[0].legend(frameon=False)
    return figure
