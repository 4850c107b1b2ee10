import pickle
import re
import sys
import warnings
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.models.heads import BaseHead
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.logging import HistoryBuffer

from hico_mm import compat
from hico_mm.utils import load_checkpoint_file


def test_reads_what_mmengine_writes(tmp_path):
    buffer = HistoryBuffer()
    for value in (1.0, 2.0, 6.0):
        buffer.update(value)
    checkpoint = dict(
        message_hub=dict(log_scalars=OrderedDict(loss=buffer), info=np.float64(2.5)),
        state_dict=dict(weight=torch.arange(3.)))
    torch.save(checkpoint, tmp_path / 'a.pth')
    for read in (load_checkpoint_file, torch.load):  # as MMEngine's hook does
        loaded = read(str(tmp_path / 'a.pth'))
        assert loaded['message_hub']['log_scalars']['loss'].mean() == 3.0
        assert loaded['message_hub']['log_scalars']['loss'].max() == 6.0
        assert loaded['message_hub']['info'] == 2.5
        assert loaded['state_dict']['weight'].tolist() == [0, 1, 2]


@pytest.mark.skipif(not hasattr(torch.serialization, 'safe_globals'), reason='needs torch 2.5')
@pytest.mark.parametrize('owner, name', [
    (dict, 'fromkeys'), (HistoryBuffer, '__init__'), (HistoryBuffer, '__globals__')])
def test_torch_reads_no_other_attribute(tmp_path, owner, name):
    class Getattr:
        def __reduce__(self):
            return getattr, (owner, name)

    torch.save(Getattr(), tmp_path / 'a.pth')
    with pytest.raises(pickle.UnpicklingError, match='(?i)not allowed|unsupported'):
        torch.load(tmp_path / 'a.pth', weights_only=True)


def test_missing_localizer_says_what_is_missing():
    from mmaction.models.localizers import DRN
    if DRN.__module__ != 'hico_mm.compat':
        pytest.skip('this mmaction2 has its DRN localizer, so nothing is repaired')
    with pytest.raises(ImportError, match='DRN is missing from the installed mmaction2 wheel'):
        DRN()


@pytest.mark.parametrize('version, fits', [
    ('1.1.0', False), ('1.2.0', True), ('1.2.9+cpu', True), ('1.3', False), ('1.3.0rc1', False)])
def test_wrong_version_says_what_to_install(tmp_path, monkeypatch, version, fits):
    """Also where the package fails on being imported, as OpenMMLab's next to unfit neighbours."""
    package = tmp_path / 'mmfake'
    package.mkdir()
    (package / '__init__.py').write_text("raise AssertionError('another advice')")
    (package / 'version.py').write_text(f"__version__ = '{version}'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    required = dict(mmfake=('1.2.0', '1.3', 'pip install mmfake'))
    if fits:
        compat.check_versions(required)
    else:
        message = f'needs mmfake >= 1.2.0, < 1.3, but found {version}. Run: pip install mmfake'
        with pytest.raises(ImportError, match=re.escape(message)):
            compat.check_versions(required)


def test_missing_package_says_what_to_install():
    with pytest.raises(ImportError, match='mmabsent >= 1, < 2, but it is not installed. Run: pip'):
        compat.check_versions(dict(mmabsent=('1', '2', 'pip install mmabsent')))


@pytest.mark.parametrize('packages, told', [
    (['mmcv', 'mmcv-lite'], 1), (['mmcv-lite'], 0), (['mmcv'], 0)])
def test_two_packages_in_one_module(tmp_path, monkeypatch, packages, told):
    for name in packages:
        metadata = tmp_path / f"{name.replace('-', '_')}-2.1.0.dist-info/METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f'Metadata-Version: 2.1\nName: {name}\nVersion: 2.1.0\n')
    monkeypatch.setattr(sys, 'path', [str(tmp_path)])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        compat.check_versions({})
    assert [str(x.message)[:36] for x in caught] == ['mmcv and mmcv-lite are both installe'] * told


def test_setup_asks_for_the_versions_that_are_checked():
    setup = (Path(__file__).parents[1] / 'setup.py').read_text()
    for package, module in dict(mmengine='mmengine', mmaction2='mmaction').items():
        lowest, refused, _ = compat.REQUIRED[module]
        assert f"'{package}>={lowest},<{refused}'" in setup
    lowest, refused, _ = compat.REQUIRED['mmcv']
    assert f"'mmcv>={lowest},<{refused}'" in setup and f"'mmcv-lite>={lowest},<{refused}'" in setup


def test_heads_in_bfloat16():
    head = MODELS.build(dict(type='GCNHead', num_classes=4, in_channels=8))
    scores = torch.tensor([[2.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]])  # exact in bfloat16
    samples = [ActionDataSample().set_gt_label(label) for label in (0, 1)]
    expected = head.loss_by_feat(scores, samples)
    losses = head.loss_by_feat(scores.bfloat16(), samples)
    assert losses['top1_acc'] == expected['top1_acc'] == 0.5
    torch.testing.assert_close(losses['loss_cls'], expected['loss_cls'], rtol=0, atol=0)
    predicted = head.predict_by_feat(scores.bfloat16(), samples)
    assert [sample.pred_score.dtype for sample in predicted] == [torch.float32] * 2
    assert [sample.pred_label.tolist() for sample in predicted] == [[0], [2]]

    before = dict(vars(BaseHead))
    compat.repair_upstream()
    assert dict(vars(BaseHead)) == before, 'repaired once'
