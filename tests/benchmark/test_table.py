"""Tables as Markdown and as LaTeX."""
from hico_mm.benchmark.table import Cell, Column, Table

TABLE = Table(
    [Column('config'), Column('semi 0.1 (%)', True)],
    [[Cell('hico_a & b#1'), Cell('54.50 ± 0.71', best=True)], [Cell('hico_b'), Cell('50.00')],
     [Cell(), Cell()]])


def test_markdown():
    assert TABLE.markdown() == (
        '| config | semi 0.1 (%) |\n'
        '| --- | ---: |\n'
        '| hico_a & b#1 | **54.50 ± 0.71** |\n'
        '| hico_b | 50.00 |\n'
        '|  |  |\n')


def test_latex():
    assert TABLE.latex() == (
        '\\begin{tabular}{lr}\n'
        '\\toprule\n'
        'config & semi 0.1 (\\%) \\\\\n'
        '\\midrule\n'
        'hico\\_a \\& b\\#1 & \\textbf{54.50 $\\pm$ 0.71} \\\\\n'
        'hico\\_b & 50.00 \\\\\n'
        ' &  \\\\\n'
        '\\bottomrule\n'
        '\\end{tabular}\n')
