"""configs/metafile.yml agrees with the configs and with the README."""
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
METAFILE = yaml.safe_load((ROOT / 'configs/metafile.yml').read_text(encoding='utf-8'))
MODELS = METAFILE['Models']
NUMBERS = set(re.findall(r'\d+\.\d+', (ROOT / 'README.md').read_text(encoding='utf-8')))


def test_every_config_has_one_entry():
    paths = [f'configs/{path.name}' for path in sorted((ROOT / 'configs').glob('*.py'))]
    assert [model['Config'] for model in MODELS] == paths
    assert [model['Name'] for model in MODELS] == [Path(path).stem for path in paths]


def test_collections_say_where_they_come_from():
    collections = {collection['Name']: collection for collection in METAFILE['Collections']}
    assert {model['In Collection'] for model in MODELS} == set(collections)
    for collection in collections.values():
        assert collection['Paper']['URL'].startswith('https://') and collection['Paper']['Title']
        assert collection['Code']['URL'].startswith('https://')


@pytest.mark.parametrize('model', [model for model in MODELS if 'Results' in model],
                         ids=lambda model: model['Name'])
def test_results_stand_in_the_readme(model):
    for result in model['Results']:
        assert set(result) == {'Task', 'Dataset', 'Metrics'}
        for percent in result['Metrics'].values():
            assert {f'{percent}', f'{percent / 100:.4f}'} & NUMBERS
