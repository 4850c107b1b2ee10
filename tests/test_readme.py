"""The README's table of the paper's experiments: numbers, configs and commands agree."""
import re
from pathlib import Path

import pytest

from hico_mm.benchmark.paper_numbers import PAPER_NUMBERS, tasks_of_the_paper

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')
# | what | Table 1: 80.6, Table 2: 67.9 | `*hico_ntu60_gru.py --tasks linear knn` |
ROWS = re.findall(r'^\| (.+) \| (.+) \| `\*(.+)` \|$', README, re.MULTILINE)


def measured(command: str) -> dict[tuple, float]:
    """What of the paper a command measures."""
    paths, _, options = command.partition(' --tasks ')
    configs = [Path(path).stem for path in paths.split()]
    keys = []
    for config in configs:
        assert (ROOT / f'configs/{config}.py').is_file()
        tasks = options.split(' --')[0].split() or tasks_of_the_paper(config)
        keys += [key for key in PAPER_NUMBERS if key[0] == config and key[1] in tasks]
    return {key: PAPER_NUMBERS[key] for key in keys}


@pytest.mark.parametrize('what, numbers, command', ROWS)
def test_numbers_of_a_row_are_those_of_its_command(what, numbers, command):
    written = [float(number) for number in re.findall(r'\d+\.\d', numbers)]
    if 'Figure' in numbers:
        assert written == [], 'the paper prints no numbers in its figures'
    else:
        assert sorted(written) == sorted(measured(command).values())


def test_every_number_of_the_paper_has_a_row():
    covered = {key for _, numbers, command in ROWS if 'Table' in numbers for key in measured(command)}
    assert covered == set(PAPER_NUMBERS) and len(ROWS) > 30


@pytest.mark.parametrize(
    'path', sorted(set(re.findall(r'(?:configs|tools|hico_mm)/[\w/]+\.(?:py|sh)', README))))
def test_every_file_that_the_readme_names_exists(path):
    assert (ROOT / path).is_file()
