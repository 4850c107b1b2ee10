"""The documents agree with the project: the paper's numbers, the commands, the files."""
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope

from hico_mm import SkeletonInferencer
from hico_mm.apis.recordings import read_recordings
from hico_mm.benchmark.paper_numbers import PAPER_NUMBERS, tasks_of_the_paper
from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.datasets.transforms import MapJoints
from hico_mm.utils import list_configs

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / 'README.md', *(ROOT / f'{folder}/README.md' for folder in (
    'configs', 'tools', 'tools/data', 'hico_mm')), ROOT / 'configs/does_pretraining_pay.md']
CONFIGS = (ROOT / 'configs/README.md').read_text(encoding='utf-8')
# | what | Table 1: 80.6 | `python tools/analysis/benchmark.py CONFIG --tasks linear` |
ROWS = re.findall(
    r'^\| (.+) \| (.+) \| `python tools/analysis/benchmark.py (.+)` \|$', CONFIGS, re.MULTILINE)


def measured(command: str) -> dict[tuple, float]:
    """What of the paper a command measures."""
    paths, _, options = command.partition(' --tasks ')
    keys = []
    for config in (Path(path).stem for path in paths.split()):
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
    covered = {key for _, numbers, command in ROWS if 'Figure' not in numbers
               for key in measured(command)}
    assert covered == set(PAPER_NUMBERS) and len(ROWS) > 30


def test_every_config_is_named():
    braces = re.compile(r'\{([\w,]+)\}')
    named = set()
    for word in re.findall(r'[\w/{},$]+', CONFIGS):
        for part in braces.search(word)[1].split(',') if braces.search(word) else ['']:
            named.add(Path(braces.sub(part, word)).name)
    missing = {name for name in list_configs() if name not in named}
    assert not missing


@pytest.mark.parametrize('document', DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_places_that_a_document_names_exist(document):
    text = document.read_text(encoding='utf-8')
    for path in set(re.findall(r'(?<![\w/])(?:configs|tools|hico_mm|tests)/[\w/]+\.(?:py|sh|md)', text)):
        assert (ROOT / path).is_file(), path
    for link in re.findall(r'\]\(([^)]+)\)', text):
        if '://' not in link:
            path, _, anchor = link.partition('#')
            target = document.parent / path if path else document
            assert target.is_file(), link
            titles = re.findall(r'^#+ (.+)$', target.read_text(encoding='utf-8'), re.MULTILINE)
            assert not anchor or anchor in [title.lower().replace(' ', '-') for title in titles], link


def python_blocks(document):
    text = (ROOT / document).read_text(encoding='utf-8')
    return re.findall(r'^```python\n(.*?)^```', text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """What the commands before the Python code leave: the demo's checkpoint, recordings, a gallery."""
    monkeypatch.chdir(tmp_path)
    Path('configs').symlink_to(ROOT / 'configs')
    init_default_scope('mmaction')
    model = MODELS.build(Config.fromfile('configs/hico_demo.py').model)
    Path('work_dirs/hico_demo').mkdir(parents=True)
    torch.save(dict(state_dict=model.state_dict(), meta={}), 'work_dirs/hico_demo/epoch_24.pth')
    first, second = make_sequences(2)
    write_annotation_file('data/own.pkl', dict(train=[first]))
    np.save('new.npy', MapJoints('nturgb+d', 'h36m')(second)['keypoint'][0])
    Path('recordings/wave').mkdir(parents=True)


def test_python_of_the_readmes_runs(workplace, capsys):
    names = {}
    for block in python_blocks('README.md'):
        exec(block, names)
    assert capsys.readouterr().out.splitlines()[-1].endswith('(train_000000)')
    whole, part = (names['model'](array)[0].feature for array in names['arrays'])
    np.testing.assert_allclose(names['features'], [whole, part], atol=1e-5)
    block = python_blocks('hico_mm/README.md')[-1]
    exec(block, names)
    data = names['loader'].dataset
    result = SkeletonInferencer('configs/hico_demo.py', 'work_dirs/hico_demo/epoch_24.pth')(
        [data.get_data_info(index) for index in range(4)])
    np.testing.assert_allclose(names['features'][:4], [x.feature for x in result], atol=1e-5)


@pytest.mark.parametrize('number, layout, options', [
    (0, 'mediapipe', []), (1, 'h36m', ['--axes', 'left', 'away', 'up']), (2, 'kinect_v1', [])])
def test_recipes_for_the_output_of_other_tools(workplace, run_script, number, layout, options):
    """Joints arrive at their places, those of a frame without a person between its neighbours."""
    raw = make_sequences(1)[0]
    axes = dict(target_axes=options[1:]) if options else {}
    keypoint = MapJoints('nturgb+d', layout, **axes)(raw)['keypoint'][0]
    frames = [x.tolist() for x in keypoint]
    if number == 0:
        frames = [[[*joint, 0.9] for joint in frame] for frame in frames]
        frames[7] = None
    elif number == 1:
        frames[7] = None
        content = [dict(frame_id=i, instances=[dict(keypoints=x)] * (x is not None))
                   for i, x in enumerate(frames)]
        Path('predictions.json').write_text(json.dumps(dict(meta_info={}, instance_info=content)))
    else:
        rows = [','.join(str(x) for joint in frame for x in joint) for frame in frames]
        rows[7] = ',' * (keypoint[0].size - 1)
        Path('poses.csv').write_text('\n'.join(['x0,y0,z0', *rows]))
    exec(python_blocks('tools/data/README.md')[number], dict(np=np, json=json, frames=frames))
    np.save('recordings/wave/2.npy', keypoint)
    printed = run_script('tools/data/npy.py', 'recordings', 'a.pkl', '--from', layout, '--to',
                         'nturgb+d', *options, '--fill-gaps', 1, cwd=Path.cwd())
    assert printed.returncode == 0 and 'WARNING' not in printed.stdout + printed.stderr
    found = {x.name: x.keypoint[0] for x in read_recordings('a.pkl')}
    first, second = found['wave/1'], found['wave/2']
    second[7] = (second[6] + second[8]) / 2
    np.testing.assert_allclose(first, second, atol=1e-5)


def test_readme_is_short_and_has_the_two_commands():
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    assert len(text.splitlines()) <= 200
    assert 'python -m pip install -e ".[lite]" && python tools/train.py configs/hico_demo.py' in text
    assert 'python -m pip install -e ".[lite,test]" && python -m pytest' in text


def test_a_method_of_ones_own_as_the_document_has_it():
    term, config = re.findall(
        r'```python\n(.*?)```',
        (ROOT / 'hico_mm/README.md').read_text(encoding='utf-8').partition('## A method of your own')[2],
        re.DOTALL)[:2]
    exec(term, {})
    try:
        changes = {}
        exec(config, changes)
        terms = changes['model']['contrast']['terms']
        contrast = MODELS.build(dict(type='Contrast', temperature=0.1, terms=terms))
        one = torch.eye(3)  # queries that are keys of one another
        inputs = dict(instance=one[[0, 1, 2]], clip=one[:, None]), dict(
            instance=one[[0, 2, 1]], clip=one[:, None]), dict(clip=one)

        results = contrast(*inputs, epoch=9)

        right, wrong = math.log(1 + 2 * math.exp(-10)), math.log(2 + math.exp(10))
        assert results['loss_instance'].item() == pytest.approx((right + 2 * wrong) / 3)
        assert results['acc_instance'].item() == pytest.approx(1 / 3)
        assert 'loss_clip' not in results
        assert len(term.splitlines()) + len(config.splitlines()) <= 60
    finally:
        MODELS.module_dict.pop('BatchInfoNCE')
