"""Which rows of a benchmark a figure of the paper shows."""
from collections.abc import Iterable, Sequence

from .results_file import check_measured, open_results

# What follows the name of the base config.
STREAMS = dict(joint='', motion='_motion', bone='_bone')  # Figure 3
GRANULARITIES = {1: '_1g', 2: '_2g', 3: '_3g', 4: ''}  # Figure 4


def load_rows(path: str) -> dict[str, dict]:
    """Read the results of linear evaluation and of fusion from what benchmark.py wrote.

    Args:
        path (str): Path of ``results.json``.

    Returns:
        dict[str, dict]: Rows of pre-trained encoders by config, without those of smoke runs; those of
        a fusion by all of its configs, in alphabetical order, joined by ``'+'``.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not of the benchmark, or of nothing but smoke runs, whose numbers mean
            nothing.
    """
    with open_results(path) as results:
        rows = [row for row in results['rows']
                if row['task'] in ('linear', 'fusion') and row['encoder'] == 'pretrained']
        measured = {_sorted_names(row['config']): row for row in rows if not row.get('smoke')}
    check_measured(path, rows)
    return measured


def fusion_name(base: str) -> str:
    """Name the row of the three fused streams of a base config."""
    return _sorted_names('+'.join(base + suffix for suffix in STREAMS.values()))


def select_rows(rows: dict[str, dict], figure: int,
                bases: Sequence[str] | None = None) -> dict[str, dict]:
    """Choose the rows of a figure.

    Args:
        rows (dict[str, dict]): See :func:`load_rows`.
        figure (int): 3, the streams and their fusion, or 4, the number of granularities.
        bases (Sequence[str], optional): Names of the configs of which variations are compared.
            Defaults to all that have a variation among the rows.

    Returns:
        dict[str, dict]: For each base config its rows by ``'joint'``, ``'motion'``, ``'bone'`` and
        ``'fusion'``, or by 1, 2, 3 and 4.

    Raises:
        ValueError: If rows are missing.
    """
    suffixes = STREAMS if figure == 3 else GRANULARITIES
    bases = bases or _varied_configs(rows, suffixes.values())
    if not bases:
        raise ValueError(f'Figure {figure} compares variations {[x for x in suffixes.values() if x]} of '
                         f'a config, but there are only rows of {sorted(rows)}. Name the config by '
                         '--base to see what is missing.')
    names = {base: {label: base + suffix for label, suffix in suffixes.items()} for base in bases}
    if figure == 3:
        for base in bases:
            names[base]['fusion'] = fusion_name(base)
    missing = [name for of_base in names.values() for name in of_base.values() if name not in rows]
    if missing:
        raise ValueError(f'Figure {figure} needs rows of linear evaluation that are missing: {missing}. '
                         f'Run, with the folder of the results as --out: {_benchmark_commands(missing)}')
    return {base: {label: rows[name] for label, name in of_base.items()}
            for base, of_base in names.items()}


def _sorted_names(names: str) -> str:
    return '+'.join(sorted(names.split('+')))


def _varied_configs(rows: Iterable[str], suffixes: Iterable[str]) -> list[str]:
    """Configs of which there is a variation, in alphabetical order."""
    return sorted({name.removesuffix(suffix) for name in rows for suffix in suffixes
                   if suffix and name.endswith(suffix) and '+' not in name})


def _benchmark_commands(missing: Sequence[str]) -> str:
    """Commands for the rows, one for each fusion with all of its streams: finished ones are kept."""
    fusions = [name for name in missing if '+' in name]
    fused = {name for fusion in fusions for name in fusion.split('+')}
    single = [name for name in missing if '+' not in name and name not in fused]
    commands = [(fusion.split('+'), ' --fuse') for fusion in fusions] + [(single, '')] * bool(single)
    return ' and '.join(
        f"python tools/analysis/benchmark.py {' '.join(f'configs/{name}.py' for name in names)} --tasks "
        f'linear{option}' for names, option in commands)
