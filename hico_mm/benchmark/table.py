"""Tables as Markdown and as LaTeX, from the same cells."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ESCAPED = str.maketrans({'_': r'\_', '%': r'\%', '&': r'\&', '#': r'\#', '±': r'$\pm$'})


class Column(NamedTuple):
    """A column.

    Attributes:
        title (str): Its title.
        numeric (bool): Whether it holds numbers, which stand on the right. Defaults to False.
    """

    title: str
    numeric: bool = False


class Cell(NamedTuple):
    """A cell.

    Attributes:
        text (str): What stands there. Defaults to ''.
        best (bool): Whether it is the best of its column, which is printed bold. Defaults to False.
    """

    text: str = ''
    best: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Args:
        columns (Sequence[Column]): The columns.
        lines (Sequence[Sequence[Cell]]): The cells, line by line.
    """

    columns: Sequence[Column]
    lines: Sequence[Sequence[Cell]]

    def markdown(self) -> str:
        """str: The table in Markdown, with a line break at its end."""
        lines = [[column.title for column in self.columns],
                 ['---:' if column.numeric else '---' for column in self.columns],
                 *([f'**{cell.text}**' if cell.best else cell.text for cell in line]
                   for line in self.lines)]
        return ''.join(f"| {' | '.join(line)} |\n" for line in lines)

    def latex(self) -> str:
        """str: The table as a ``tabular`` of the package booktabs, with a line break at its end."""
        alignment = ''.join('r' if column.numeric else 'l' for column in self.columns)
        return '\n'.join([
            f'\\begin{{tabular}}{{{alignment}}}', r'\toprule',
            _latex_line(Cell(column.title) for column in self.columns), r'\midrule',
            *map(_latex_line, self.lines), r'\bottomrule', '\\end{tabular}\n'])


def _latex_line(cells: Iterable[Cell]) -> str:
    texts = [(cell.text.translate(ESCAPED), cell.best) for cell in cells]
    return ' & '.join(f'\\textbf{{{text}}}' if best else text for text, best in texts) + r' \\'
