import pytest

from hico_mm.models.common.variant import check_variant


@pytest.mark.parametrize('variant', ['paper', 'released'])
def test_known_variants_pass(variant):
    assert check_variant(variant) == variant


@pytest.mark.parametrize('variant', ['Paper', '', None])
def test_unknown_variant_is_refused(variant):
    with pytest.raises(ValueError, match=rf"variant={variant!r} is unknown.*'paper', 'released'"):
        check_variant(variant)
