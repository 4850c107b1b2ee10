import pytest
import torch
from mmengine.config import Config, ConfigDict

from hico_mm.inference.class_names import file_classes, head_classes, name_class, rank_classes
from hico_mm.inference.loading import load_recognizer


def test_names_of_classes():
    assert [name_class(label, ['walk']) for label in (0, 1, None)] == ['walk', 'class 1', None]
    assert name_class(0) == 'class 0'


def test_classes_of_the_head(small):
    task, _ = load_recognizer(Config.fromfile(small.task), small.task_checkpoint)
    named = ConfigDict(metainfo=dict(classes=('a', 'b', 'c')))
    assert head_classes(named, ['x', 'y', 'z'], task) == ['a', 'b', 'c']
    assert head_classes(ConfigDict(), ['x', 'y', 'z'], task) == ['x', 'y', 'z']
    assert head_classes(ConfigDict(), None, task) is None
    with pytest.raises(ValueError, match='names of 2 classes, but the head has 3. Correct metainfo'):
        head_classes(ConfigDict(), ['x', 'y'], task)


def test_an_encoder_without_a_head_has_no_classes(small):
    encoder, _ = load_recognizer(Config.fromfile(small.config), small.checkpoint)
    assert head_classes(ConfigDict(metainfo=dict(classes=('a', 'b'))), ['x'], encoder) is None


def test_the_likeliest_class_comes_first():
    ranked = rank_classes(torch.tensor([0.25, 0.125, 0.625]), ['walk', 'wave'])
    assert ranked == (('class 2', 0.625), ('walk', 0.25), ('wave', 0.125))


def test_the_config_knows_the_classes_of_its_own_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dataset = ConfigDict(ann_file='own.pkl', data_root='data', metainfo=dict(classes=['walk']))
    for source in ('data/own.pkl', tmp_path / 'data/own.pkl'):
        assert file_classes(dataset, source) == ['walk']
    for source in ('own.pkl', 'data/other.pkl', dict(label=0)):
        assert file_classes(dataset, source) is None
    assert file_classes(ConfigDict(metainfo=dict(classes=['walk'])), 'data/own.pkl') is None
