import pytest
import torch

from hico_mm.utils import check_fit


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
