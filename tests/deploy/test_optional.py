import json
import sys

import pytest

from hico_mm.deploy.optional import import_optional


def test_a_package_that_is_there():
    assert import_optional('json') is json


def test_a_package_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ImportError, match='^onnxruntime is not installed. Run: pip install onnx '
                                          'onnxruntime'):
        import_optional('onnxruntime')


def test_a_package_that_lacks_another_keeps_its_error(tmp_path, monkeypatch):
    (tmp_path / 'needy_package.py').write_text('import absent_package')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="No module named 'absent_package'"):
        import_optional('needy_package')
