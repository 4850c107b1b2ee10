import pytest
import torch

from hico_mm.utils import preflight


def write(path, text):
    path.write_text(text)
    return str(path)


def test_options_are_merged_into_the_config(tmp_path):
    path = write(tmp_path / 'c.py', "a = dict(b=1, c=[dict(d=2), 3])\nx = 'y'")
    cfg = preflight.load_config(path, {'a.b': 5, 'a.c.0.d': 7, 'load_from': 'w.pth'})
    assert cfg.to_dict() == dict(a=dict(b=5, c=[dict(d=7), 3]), x='y', load_from='w.pth')


@pytest.mark.parametrize('kind', ['missing', 'folder'])
def test_refuses_a_missing_config(tmp_path, kind):
    path = tmp_path / 'c.py'
    if kind == 'folder':
        path.mkdir()
    with pytest.raises(FileNotFoundError, match=f'Config file {path} does not exist'):
        preflight.load_config(str(path))


def test_refuses_a_missing_base(tmp_path):
    path = write(tmp_path / 'c.py', "_base_ = 'nowhere.py'")
    with pytest.raises(FileNotFoundError, match=r'c.py is based on .*nowhere.py.*Correct'):
        preflight.load_config(path)


def test_refuses_other_files(tmp_path):
    path = write(tmp_path / 'c.txt', 'a = 1')
    with pytest.raises(ValueError, match=r'c.txt is no config file'):
        preflight.load_config(path)


@pytest.mark.parametrize('options', [{'a.c.5': 1}, {'x.deeper': 1}])
def test_refuses_options_that_do_not_fit(tmp_path, options):
    path = write(tmp_path / 'c.py', "a = dict(b=1, c=[1, 2])\nx = 'y'")
    with pytest.raises(ValueError, match=r'--cfg-options \{.*\} does not fit into .*c.py'):
        preflight.load_config(path, options)


def nest(dataset):
    concat = dict(type='ConcatDataset', datasets=[dict(type='SyntheticSkeletonDataset'), dataset])
    repeat = dict(type='RepeatDataset', dataset=concat)
    return [
        dict(dataset=dataset),
        dict(dataset=dict(type='SeededDataset', dataset=repeat)),
        dict(type='KNNValLoop', gallery_dataloader=dict(dataset=dataset)),
    ]


@pytest.mark.parametrize('node', range(3))
@pytest.mark.parametrize('root', [None, 'root'])
def test_finds_annotation_files_wherever_they_are(tmp_path, node, root):
    folder = tmp_path / 'root' if root else tmp_path
    dataset = dict(ann_file=str(tmp_path / 'a.pkl') if not root else 'a.pkl')
    if root:
        dataset['data_root'] = str(folder)
    config = nest(dataset)[node]
    with pytest.raises(FileNotFoundError, match=f'Annotation file not found: {folder}/a.pkl'):
        preflight.check_annotation_files(None, config)
    folder.mkdir(exist_ok=True)
    (folder / 'a.pkl').touch()
    preflight.check_annotation_files(None, config)


def test_remote_annotation_files_are_left_to_mmengine():
    preflight.check_annotation_files(dict(ann_file='s3://bucket/a.pkl'), dict(ann_file=''))


def test_checkpoints(tmp_path):
    good, bad = tmp_path / 'good.pth', tmp_path / 'bad.pth'
    torch.save(dict(state_dict={}), good)
    preflight.check_checkpoint(str(good))
    preflight.check_checkpoint('https://example.org/x.pth')
    bad.write_bytes(good.read_bytes()[:100])
    with pytest.raises(ValueError, match=f'{bad} is corrupt'):
        preflight.check_checkpoint(str(bad))
    with pytest.raises(FileNotFoundError, match='nowhere.pth does not exist'):
        preflight.check_checkpoint('nowhere.pth')


def test_writable_folder_is_made(tmp_path):
    preflight.check_writable(str(tmp_path / 'a/b'), '--work-dir')
    assert (tmp_path / 'a/b').is_dir()
    assert not list((tmp_path / 'a/b').iterdir())


def test_refuses_a_folder_below_a_file(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(ValueError, match=r'file/run cannot be made or written \(Not a directory\). '
                       'Name another place by --work-dir'):
        preflight.check_writable(str(tmp_path / 'file/run'), '--work-dir')


def test_refuses_a_folder_without_permission(tmp_path, monkeypatch):
    # As root may write anywhere, the system's answer is given here.
    def refuse(dir):
        raise PermissionError(13, 'Permission denied')

    monkeypatch.setattr('tempfile.TemporaryFile', refuse)
    with pytest.raises(ValueError, match=r'\(Permission denied\). Name another place by --dump'):
        preflight.check_writable(str(tmp_path), '--dump')


def test_refuses_a_config_with_a_syntax_error(tmp_path):
    (tmp_path / 'broken.py').write_text('model = dict(\n')
    with pytest.raises(ValueError, match='broken.py is no config file: '):
        preflight.load_config(str(tmp_path / 'broken.py'))


@pytest.mark.parametrize('option, message', [
    ('trian_cfg.max_epochs', r"no 'trian_cfg'. Did you mean \['train_cfg"),
    ('zzz', "no 'zzz'. See its entries"),
])
def test_refuses_misspelt_options(tmp_path, option, message):
    (tmp_path / 'a.py').write_text('model = dict()\ntrain_cfg = dict(max_epochs=3)\n')
    with pytest.raises(ValueError, match=f'--cfg-options {option}: .*{message}'):
        preflight.load_config(str(tmp_path / 'a.py'), {option: 1})


def test_options_of_the_runner_need_not_be_in_the_config(tmp_path):
    (tmp_path / 'a.py').write_text('model = dict()\n')
    options = {'find_unused_parameters': True, 'load_from': 'x.pth', 'randomness.seed': 3}
    assert preflight.load_config(str(tmp_path / 'a.py'), options).randomness.seed == 3


@pytest.mark.parametrize('option', ['tasks.lineer.frozen', 'tasks'])
def test_refuses_options_of_a_task_that_is_not_there(tmp_path, option):
    path = write(tmp_path / 'c.py', "tasks = dict(linear=dict(frozen=True), semi=dict())")
    with pytest.raises(ValueError, match=rf"{option} names none .* which are \['linear', 'semi'\]"):
        preflight.load_config(path, {option: False})
