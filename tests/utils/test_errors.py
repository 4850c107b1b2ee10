import pytest
from mmaction.registry import MODELS
from mmengine.config import Config

from hico_mm.evaluation import KNNMetric
from hico_mm.evaluation.metrics.knn_metric import _stack
from hico_mm.utils.errors import readable_errors


def message(function, *args):
    with pytest.raises(SystemExit) as stop, readable_errors():
        function(*args)
    assert isinstance(stop.value.code, str)  # Python prints it to stderr and exits with 1
    return stop.value.code


@pytest.mark.parametrize('function, args, expected', [
    (KNNMetric, (0, ), 'error: k=0 must be a positive integer.'),
    (KNNMetric().process, (None, [{}]),
     "error: KNNMetric needs predictions with a field 'feature', but they have []. Use a model "
     'that gives one, as MoCoRecognizer does.'),
])
def test_own_errors_become_a_line(function, args, expected):
    assert message(function, *args) == expected


def test_unknown_types_become_a_line():
    line = message(MODELS.build, dict(type='NoSuchEncoder'))
    assert line.startswith('error: NoSuchEncoder is not in the mmaction::model registry.')
    assert '\n' not in line


def test_broken_configs_become_a_line(tmp_path):
    for name in 'ab':
        (tmp_path / f'{name}.py').write_text('x = 1')
    (tmp_path / 'c.py').write_text("_base_ = ['a.py', 'b.py']")
    line = message(Config.fromfile, str(tmp_path / 'c.py'))
    assert line.startswith('error: Duplicate key is not allowed among bases')


def test_ctrl_c_is_one_line(capsys):
    with pytest.raises(SystemExit) as stop, readable_errors():
        raise KeyboardInterrupt
    assert stop.value.code == 130
    assert capsys.readouterr().err == 'Stopped.\n'


@pytest.mark.parametrize('bug, expected', [
    (lambda: {}['key'], KeyError),
    (lambda: int('x'), ValueError),
    # Inside the package, but not by a `raise` of it:
    (lambda: KNNMetric().process(None, [dict(feature=None, gt_label=0)]), AttributeError),
    (lambda: _stack([]), ValueError),
])
def test_bugs_keep_their_traceback(bug, expected):
    with pytest.raises(expected), readable_errors():
        bug()


def test_unknown_argument_of_a_class_in_the_config_is_one_line():
    with pytest.raises(SystemExit, match="error: .*unexpected keyword argument 'hiden'"), \
            readable_errors():
        MODELS.build(dict(type='UDM', channels=4, hiden=3))


def test_unknown_argument_that_a_class_hands_on_is_one_line():
    with pytest.raises(SystemExit, match="error: .*unexpected keyword argument 'straem'"), \
            readable_errors():
        MODELS.build(dict(type='SkeletonPreprocessor', straem='bone'))
