import pytest
import torch

from hico_mm.utils import check_checkpoint, check_fit, find_resume_checkpoint


def test_checkpoints(tmp_path):
    good, bad = tmp_path / 'good.pth', tmp_path / 'bad.pth'
    torch.save(dict(state_dict={}), good)
    check_checkpoint(str(good))
    check_checkpoint('https://example.org/x.pth')
    bad.write_bytes(good.read_bytes()[:100])
    with pytest.raises(ValueError, match=f'{bad} is corrupt'):
        check_checkpoint(str(bad))
    with pytest.raises(FileNotFoundError, match='nowhere.pth does not exist'):
        check_checkpoint('nowhere.pth')


def save(path):
    torch.save(dict(meta=dict(epoch=1)), path)


@pytest.mark.parametrize('kind', ['epoch', 'iter'])
def test_takes_the_largest_number(tmp_path, kind):
    for number in (9, 10, 2):
        save(tmp_path / f'{kind}_{number}.pth')
    save(tmp_path / f'best_knn_top1_{kind}_11.pth')
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / f'{kind}_2.pth'))
    assert find_resume_checkpoint(str(tmp_path)) == str(tmp_path / f'{kind}_10.pth')


def test_passes_over_incomplete_ones(tmp_path):
    save(tmp_path / 'epoch_1.pth')
    content = (tmp_path / 'epoch_1.pth').read_bytes()
    (tmp_path / 'epoch_2.pth').write_bytes(content[:len(content) // 2])
    (tmp_path / 'epoch_3.pth').touch()
    assert find_resume_checkpoint(str(tmp_path)) == str(tmp_path / 'epoch_1.pth')


def test_finds_nothing(tmp_path):
    (tmp_path / 'epoch_1.pth').touch()
    assert find_resume_checkpoint(str(tmp_path)) is None
    assert find_resume_checkpoint(str(tmp_path / 'nowhere')) is None


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


def test_names_what_is_missing_and_reshaped():
    checkpoint = with_prefix('e.', state(a__weight=(3, 2), b__weight=(5, )))
    with pytest.raises(ValueError) as error:
        check_fit(MODULE, checkpoint, 'e.', 'x.pth')
    assert str(error.value) == (
        'Checkpoint x.pth does not fit the model: '
        '2 of 4 tensors are missing: [e.a.bias, e.b.steps]. Probably the config has another S2S '
        'encoder, branch, level of the contrast or variant; '
        '1 of 4 tensors have another shape: [e.a.weight ((3, 2) instead of (2, 3))]. Probably the '
        'config has other sizes: hidden or projection channels, joints, persons, coordinates, '
        'frames, classes, queue.')


def test_lists_a_few_names_only():
    checkpoint = state(**{f'w{i}': (2, ) for i in range(9)})
    module = state(**{f'w{i}': (3, ) for i in range(9)})
    with pytest.raises(ValueError, match=r'9 of 9 .*: \[w0 .*, w1 .*, w2 \(.*\), \.\.\.\]'):
        check_fit(module, checkpoint, '', 'x.pth')


def test_names_the_converter_for_a_foreign_checkpoint():
    released = state(encoder_q__t_gru__weight=(2, ), c_queue=(3, ))
    with pytest.raises(ValueError) as error:
        check_fit(MODULE, released, 'backbone.', 'released.pt')
    assert str(error.value).startswith(
        "Checkpoint released.pt has none of the model's 4 tensors [backbone.a.weight, "
        'backbone.a.bias, backbone.b.weight, ...]; it has [encoder_q.t_gru.weight, c_queue].')
    assert 'python tools/convert/released_checkpoint.py SRC DST' in str(error.value)
