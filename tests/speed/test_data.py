import pytest
import torch

from hico_mm.datasets.annotation_file import read_annotation_file
from hico_mm.speed import interleaved
from hico_mm.speed.data import DataRow, build_loaders, make_annotation_file, measure_data, profile_data
from hico_mm.speed.interleaved import Ratio


@pytest.fixture
def ann_file(tmp_path):
    path = str(tmp_path / 'random.pkl')
    make_annotation_file(path, num_sequences=11, num_frames=(70, 75))
    return path


def test_annotations_are_as_asked_for(ann_file, tmp_path):
    annotations = read_annotation_file(ann_file)['annotations']
    assert len(annotations) == 11
    assert {x['keypoint'].shape[0] for x in annotations} == {1}
    assert {x['keypoint'].shape[1] for x in annotations} <= set(range(70, 76))
    two = str(tmp_path / 'two.pkl')
    make_annotation_file(two, num_sequences=2, num_persons=2)
    assert all(x['keypoint'].shape[0] == 2 for x in read_annotation_file(two)['annotations'])


@pytest.mark.parametrize('num_workers', [0, 1])
def test_forms_give_batches_of_one_size(num_workers, ann_file):
    loaders = build_loaders(ann_file, batch_size=4, num_workers=num_workers)
    batches = {form: list(loader) for form, loader in loaders.items()}
    assert {form: len(batch) for form, batch in batches.items()} == dict(plain=2, ours=2, stock=2)
    assert batches['plain'][0].shape == (4, 2, 3, 64, 25, 2)
    assert batches['ours'][0]['inputs'].shape == (4, 2, 2, 64, 25, 3)
    assert [x.shape for x in batches['stock'][0]['inputs']] == [(1, 2, 100, 25, 3)] * 4
    assert batches['plain'][0].dtype == batches['ours'][0]['inputs'].dtype == torch.float32


def test_rows_are_ratios_of_one_run(ann_file, monkeypatch):
    now = [0.0]
    loaders = {form: Counted(now, seconds) for form, seconds in dict(plain=3, ours=2, stock=6).items()}
    monkeypatch.setitem(interleaved.CLOCKS, 'cpu', lambda: now[0])

    assert measure_data(loaders, rounds=2) == [
        DataRow('plain', Ratio(1, 1, 1), 20 / 3), DataRow('ours', Ratio(2 / 3, 2 / 3, 2 / 3), 10),
        DataRow('stock', Ratio(2, 2, 2), 20 / 6)]


class Counted:
    """A loader of five batches of four that takes some time."""

    batch_size = 4

    def __init__(self, now, seconds):
        self.now, self.seconds = now, seconds

    def __len__(self):
        return 5

    def __iter__(self):
        yield from range(5)
        self.now[0] += self.seconds


@pytest.mark.parametrize('form, views', [('ours', 'two-view'), ('stock', 'single-view')])
def test_row_as_text(form, views):
    assert str(DataRow(form, Ratio(0.5, 0.4, 0.6), 3500.4)) == (
        f'{form}: over plain 0.500 (0.400 to 0.600), 3500 {views} samples/s')


def test_profile_names_the_transforms(ann_file):
    loader = build_loaders(ann_file, batch_size=4, forms=['ours'])['ours']
    assert 'normalize.py' in profile_data(loader, num_lines=200)
