import pytest
import torch

from hico_mm.utils.resume import find_resume_checkpoint


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
