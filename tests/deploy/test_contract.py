import json

import pytest

from hico_mm.deploy import contract as contract_file
from hico_mm.deploy.contract import CLS_SCORE, Contract


@pytest.fixture
def contract(small):
    return small.describe(CLS_SCORE, layout='nturgb+d', stream='bone', classes=['sit', 'stand up'],
                          pipeline=[dict(type='CentralCropResize', clip_len=8, ratio=0.95)])


def test_metadata_are_readable_text(contract):
    assert contract.to_metadata() == dict(
        num_persons='2', num_frames='8', num_joints='5', in_channels='3', layout='nturgb+d',
        stream='bone', output='cls_score', classes='["sit", "stand up"]',
        pipeline='[{"type": "CentralCropResize", "clip_len": 8, "ratio": 0.95}]',
        hico_mm_version=contract_file.__version__,
        input_meaning='joints (N, M, T, V, C) float32, normalised and cropped as by the pipeline; '
                      'bones and motion are made inside',
        output_meaning='class scores (N, classes), before the softmax')


def test_there_and_back(contract):
    assert Contract.from_metadata(contract.to_metadata(), 'model.onnx') == contract
    assert contract.sizes == (2, 8, 5, 3)


@pytest.mark.parametrize('running, written, fits', [
    ('0.1.0', '0.1.9', True), ('1.2.3', '1.2.0', True), ('0.1.0', '0.2.0', False),
    ('0.1.0', '1.1.0', False), ('0.10.0', '0.1.0', False)])
def test_versions(contract, monkeypatch, running, written, fits):
    metadata = dict(contract.to_metadata(), hico_mm_version=written)
    monkeypatch.setattr(contract_file, '__version__', running)
    if fits:
        assert Contract.from_metadata(metadata, 'model.onnx').hico_mm_version == written
    else:
        with pytest.raises(ValueError, match=f'model.onnx was exported by hico_mm {written}, but this '
                                             f'is hico_mm {running}.*export_onnx.py'):
            Contract.from_metadata(metadata, 'model.onnx')


@pytest.mark.parametrize('metadata, has', [
    ({}, 'nothing'), (dict(author='me', task='x'), r"\['author', 'task'\]")])
def test_metadata_of_another_program(metadata, has):
    with pytest.raises(ValueError, match=f'model.onnx was not exported by hico_mm: .* have {has}, but '
                                         'no hico_mm_version'):
        Contract.from_metadata(metadata, 'model.onnx')


@pytest.mark.parametrize('change, named', [
    (lambda m: m.pop('num_joints'), 'num_joints'),
    (lambda m: m.update(classes='["sit", "st'), 'column')])
def test_broken_metadata(contract, change, named):
    metadata = contract.to_metadata()
    change(metadata)
    with pytest.raises(ValueError, match=rf'incomplete or broken metadata \(.*{named}'):
        Contract.from_metadata(metadata, 'model.onnx')


def test_values_that_json_does_not_know_become_text(small):
    text = small.describe(CLS_SCORE, pipeline=[dict(type=dict)]).to_metadata()['pipeline']
    assert json.loads(text) == [dict(type=str(dict))]
