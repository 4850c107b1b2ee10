"""Settings beside results."""
import hashlib

import pytest
from mmengine.config import Config

from hico_mm.benchmark.settings import check_settings, file_hash, settings_of, write_settings


def config(**changes):
    return Config(dict(dict(
        model=dict(type='M', sizes=(1, 2)), work_dir='a', load_from='x.pth',
        train_dataloader=dict(batch_size=4, num_workers=2, persistent_workers=True),
        train_cfg=dict(max_epochs=80), val_dataloader=dict(batch_size=4), kard=dict(),
        test_dataloader=dict(batch_size=4), randomness=dict(seed=0)), **changes))


def changed(task, **changes):
    return settings_of(config(), task, None) != settings_of(config(**changes), task, None)


@pytest.mark.parametrize('task', ['pretrain', 'linear', 'knn'])
def test_paths_and_workers_make_no_difference(task):
    loader = dict(batch_size=4, num_workers=0, persistent_workers=False)
    assert not changed(task, work_dir='b', load_from='y.pth', kard=1, train_dataloader=loader)


@pytest.mark.parametrize('task', ['pretrain', 'linear', 'knn', 'cost'])
@pytest.mark.parametrize('key, value, tasks', [
    ('model', dict(type='M', sizes=(1, 3)), ('pretrain', 'linear', 'knn', 'cost')),
    ('optim_wrapper', dict(lr=1), ('pretrain', 'linear', 'cost')),
    ('randomness', dict(seed=1), ('pretrain', 'linear', 'knn')),
    ('train_cfg', dict(max_epochs=2), ('pretrain', 'linear')),
    ('test_dataloader', dict(batch_size=8), ('linear', 'knn')),
    ('val_dataloader', dict(batch_size=8), ('linear', )),
    ('val_evaluator', dict(type='A'), ('linear', )),
])
def test_settings_of_a_task_are_those_that_matter_to_it(task, key, value, tasks):
    assert changed(task, **{key: value}) == (task in tasks)


def test_the_encoder_is_known_by_its_content(tmp_path):
    paths = [tmp_path / name for name in 'abc']
    for path, content in zip(paths, (b'1', b'1', b'2'), strict=True):
        path.write_bytes(content)
    first, same, other = (settings_of(config(), 'linear', str(path)) for path in paths)
    assert first == same != other
    assert first['encoder'] == hashlib.sha256(b'1').hexdigest()
    paths[0].write_bytes(b'3')
    assert file_hash(str(paths[0])) == hashlib.sha256(b'3').hexdigest()
    assert file_hash('https://a/b.pth') == 'https://a/b.pth'


def test_a_step_with_other_settings_is_refused_by_name_of_both(tmp_path):
    before = settings_of(config(), 'linear', None)
    check_settings(tmp_path, before)  # nothing there yet
    write_settings(tmp_path, before)
    check_settings(tmp_path, before)
    now = settings_of(config(train_cfg=dict(max_epochs=2, val_interval=1)), 'linear', None)
    with pytest.raises(ValueError) as error:
        check_settings(tmp_path, now)
    assert str(error.value) == (
        f'{tmp_path} was made with other settings (2 before -> now: train_cfg.max_epochs 80 -> 2, '
        'train_cfg.val_interval None -> 1). Choose another folder by --out, remove this one to make it '
        'anew, or restore the settings.')


def test_entries_that_are_not_known_yet_are_not_compared(tmp_path):
    settings = settings_of(config(), 'linear', None)
    write_settings(tmp_path, dict(settings, encoder='1'))
    with pytest.raises(ValueError, match="encoder '1' -> None"):
        check_settings(tmp_path, settings)
    del settings['encoder']
    check_settings(tmp_path, settings)


def test_entries_that_an_earlier_version_did_not_write_are_not_compared(tmp_path):
    settings = settings_of(config(), 'linear', None)
    earlier = {key: value for key, value in settings.items() if not key.startswith('val_')}
    write_settings(tmp_path, earlier)
    check_settings(tmp_path, settings)
    with pytest.raises(ValueError, match='train_cfg.max_epochs 80 -> 2'):
        check_settings(tmp_path, settings_of(config(train_cfg=dict(max_epochs=2)), 'linear', None))
