import os
import pickle

import pytest
import torch

from hico_mm.utils import check_checkpoint, check_fit, find_resume_checkpoint
from hico_mm.utils.checkpoint import last_checkpoint


@pytest.mark.parametrize('content', [
    b'', b'not a checkpoint', pickle.dumps(dict(a=1), protocol=0), b'PK\x03\x04' + bytes(100), None
], ids=['empty', 'text', 'old_pickle', 'broken_zip', 'half'])
def test_names_a_corrupt_checkpoint(tmp_path, content):
    path = tmp_path / 'bad.pth'
    torch.save(dict(weight=torch.zeros(1000)), path)
    check_checkpoint(str(path))
    path.write_bytes(path.read_bytes()[:2000] if content is None else content)
    with pytest.raises(ValueError, match=f'{path} is corrupt or no checkpoint at all'):
        check_checkpoint(str(path))


def test_names_what_is_no_checkpoint_of_a_training(tmp_path):
    torch.save([1, 2], tmp_path / 'list.pth')
    with pytest.raises(ValueError, match=r'list\.pth holds a list, but a dict with a state_dict'):
        check_checkpoint(str(tmp_path / 'list.pth'))
    with pytest.raises(FileNotFoundError, match=r'nowhere\.pth does not exist .*train first'):
        check_checkpoint('nowhere.pth')
    check_checkpoint('https://example.org/x.pth')


@pytest.mark.parametrize('kind', ['epoch', 'iter'])
def test_resumes_from_the_complete_one_with_the_largest_number(tmp_path, kind):
    assert find_resume_checkpoint(dict(work_dir=str(tmp_path / 'nowhere'))) is None
    (tmp_path / f'{kind}_12.pth').touch()
    with pytest.raises(ValueError, match=rf'overwrite them:\nCheckpoint .*{kind}_12.pth is c.*\nMove'):
        find_resume_checkpoint(dict(work_dir=str(tmp_path)))
    for name in f'{kind}_9', f'{kind}_10', f'{kind}_2', f'best_knn_top1_{kind}_11':
        torch.save(dict(meta=dict(epoch=1)), tmp_path / f'{name}.pth')
    content = (tmp_path / f'{kind}_9.pth').read_bytes()
    (tmp_path / f'{kind}_11.pth').write_bytes(content[:len(content) // 2])
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / f'{kind}_9.pth'))  # killed before 10
    assert find_resume_checkpoint(dict(work_dir=str(tmp_path))) == str(tmp_path / f'{kind}_10.pth')


def test_resumes_no_earlier_training_in_the_same_folder(tmp_path):
    last = tmp_path / 'last_checkpoint'
    for name in 'epoch_3.pth', 'epoch_4.pth', 'epoch_1.pth', 'epoch_2.pth':  # one training, another
        torch.save(dict(meta=dict(iter=int(name[6]))), tmp_path / name)
        os.utime(tmp_path / name, (1, int(name[6]) + 10 * (name[6] in '12')))
    for text, expected in ((f'{tmp_path}/epoch_2.pth', 2), ('/moved/epoch_2.pth', 2), ('gone.pth', 4)):
        last.write_text(text)
        assert find_resume_checkpoint(dict(work_dir=str(tmp_path))) == f'{tmp_path}/epoch_{expected}.pth'


@pytest.mark.parametrize('hook, folder, names', [
    (dict(out_dir='{}/out'), 'out/run', ['epoch_9.pth', 'epoch_10.pth']),
    (dict(out_dir='{}/run'), 'run', ['epoch_9.pth', 'epoch_10.pth']),
    (dict(filename_tmpl='a+{:03d}.pt'), 'run', ['a+009.pt', 'a+010.pt']),
    (dict(filename_tmpl='deep/{}.pth', out_dir='{}/out'), 'out/run/deep', ['9.pth', '10.pth']),
    (dict(filename_tmpl='newest.pth'), 'run', ['newest.pth', 'newest.pth']),
    (dict(by_epoch=False), 'run', ['iter_9.pth', 'iter_10.pth']),
    (dict(filename_tmpl='ckpt_{}.pth'), 'run', ['ckpt_3.pth', 'epoch_2.pth'])])  # most iterations
def test_resumes_from_where_the_config_saves(tmp_path, hook, folder, names):
    (tmp_path / folder).mkdir(parents=True)
    for iterations, name in enumerate([*names, 'best_epoch_11.pth']):
        torch.save(dict(meta=dict(iter=iterations % 2)), tmp_path / folder / name)
    hook = dict(type='CheckpointHook', **hook)
    hook['out_dir'] = hook.get('out_dir') and hook['out_dir'].format(tmp_path)
    expected = str(tmp_path / folder / names[1])
    for cfg in dict(default_hooks=dict(checkpoint=hook)), dict(custom_hooks=[hook]):
        cfg |= dict(work_dir=f'{tmp_path}/run', train_cfg=dict(max_epochs=10))
        assert find_resume_checkpoint(cfg) == expected
        last = last_checkpoint(cfg, cfg['work_dir'])
        assert last == expected.replace('_10', '_LAST' if 'iter' in expected else '_10').replace(
            'epoch_2', 'ckpt_10')


def state(**shapes):
    return {name.replace('__', '.'): torch.zeros(shape) for name, shape in shapes.items()}


MODULE = state(a__weight=(2, 3), a__bias=(2, ), b__weight=(5, ), b__steps=())


def with_prefix(prefix, tensors):
    return {prefix + name: value for name, value in tensors.items()}


@pytest.mark.parametrize('prefix, found', [('', ''), ('backbone.', 'backbone.'),
                                           ('backbone', 'backbone.'), ('', 'module.'),
                                           ('backbone.', 'module.backbone.')])
def test_fits(prefix, found):
    checkpoint = {**with_prefix(found, MODULE), 'other.weight': torch.zeros(1)}
    check_fit(MODULE, checkpoint, prefix, 'x.pth')


@pytest.mark.parametrize('others, message', [
    # Where names are missing, shapes are no cause.
    ({}, '2 of 4 tensors are missing: [e.a.bias, e.b.steps]. Probably the config has another S2S '
         'encoder (s2s), branch, level of the contrast, or variant (paper or released).'),
    (dict(a__bias=(2, ), b__steps=()),
     '1 of 4 tensors have another shape: [e.a.weight ((3, 2) instead of (2, 3))]. Probably the config '
     'has other sizes: hidden or projection channels, joints, persons, coordinates, frames, classes, '
     'queue.'),
])
def test_names_what_is_missing_or_reshaped(others, message):
    checkpoint = with_prefix('e.', state(a__weight=(3, 2), b__weight=(5, ), **others))
    with pytest.raises(ValueError) as error:
        check_fit(MODULE, checkpoint, 'e.', 'x.pth')
    assert str(error.value) == f'Checkpoint x.pth does not fit the model: {message}'


def test_a_pretraining_for_a_task():
    with pytest.raises(ValueError, match='no head for classes .*of a pre-training. Name .* of the task'):
        check_fit(state(backbone__w=(2, ), cls_head__w=(2, )), state(backbone__w=(2, )), '', 'x.pth')


def test_names_the_converter_for_a_foreign_checkpoint():
    released = state(encoder_q__t_gru__weight=(2, ), c_queue=(3, ))
    with pytest.raises(ValueError) as error:
        check_fit(MODULE, released, 'backbone.', 'released.pt')
    assert str(error.value).startswith(
        "Checkpoint released.pt has none of the model's 4 tensors [backbone.a.weight, "
        'backbone.a.bias, backbone.b.weight, ...]; it has [encoder_q.t_gru.weight, c_queue].')
    assert 'python tools/convert/released_checkpoint.py SRC DST' in str(error.value)
