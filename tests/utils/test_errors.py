import errno

import pytest
from mmaction.registry import MODELS
from mmengine.config import Config

from hico_mm.evaluation import KNNMetric
from hico_mm.evaluation.metrics.knn_metric import _stack
from hico_mm.utils import atomic_write
from hico_mm.utils.errors import check_positive, readable_errors


@pytest.mark.parametrize('function, args, expected', [
    (KNNMetric, (0, ), 'k=0 must be a positive integer.'),
    (KNNMetric().process, (None, [{}]),
     "KNNMetric needs predictions with a field 'feature', but they have []. Use a model "
     'that gives one, as MoCoRecognizer does.'),
    (MODELS.build, (dict(type='NoSuchEncoder'), ),
     'NoSuchEncoder is not in the mmaction::model registry.'),
    (Config.fromfile, ('c.py', ), 'Duplicate key is not allowed among bases'),
    # Of a class in the config, and of one that hands it on.
    (MODELS.build, (dict(type='UDM', channels=4, hiden=3), ), "unexpected keyword argument 'hiden'"),
    (MODELS.build, (dict(type='SkeletonPreprocessor', straem='bone'), ),
     "unexpected keyword argument 'straem'"),
    (MODELS.build, (dict(type='STGCN', graph_cfg=dict(layout='coco', mode='spatial'), hiden=3), ),
     "Invalid arguments: {'hiden': 3}"),
])
def test_errors_of_the_user_become_a_line(tmp_path, monkeypatch, function, args, expected):
    monkeypatch.chdir(tmp_path)
    for name in 'ab':
        (tmp_path / f'{name}.py').write_text('x = 1')
    (tmp_path / 'c.py').write_text("_base_ = ['a.py', 'b.py']")
    with pytest.raises(SystemExit) as stop, readable_errors():
        function(*args)
    # Of text Python prints it to stderr and exits with 1.
    assert stop.value.code.startswith('error: ') and expected in stop.value.code
    assert '\n' not in stop.value.code


@pytest.mark.parametrize('advice, expected', [('', 'Stopped.\n'), ('Go on.', 'Stopped. Go on.\n')])
def test_ctrl_c_is_one_line(capsys, advice, expected):
    with pytest.raises(SystemExit) as stop, readable_errors(advice):
        raise KeyboardInterrupt
    assert stop.value.code == 130
    assert capsys.readouterr().err == expected


def test_ctrl_c_while_a_config_is_formatted(monkeypatch, capsys):
    def stop(text, **style):
        raise KeyboardInterrupt

    monkeypatch.setattr('mmengine.config.config.FormatCode', stop)
    with pytest.raises(SystemExit), readable_errors('Go on.'):
        assert Config(dict(a=1)).pretty_text
    assert capsys.readouterr().err == 'Stopped. Go on.\n'
    with pytest.raises(SyntaxError), readable_errors():
        exec('a b')


@pytest.mark.parametrize('error, reason', [
    (OSError(errno.ENOSPC, 'No space left on device'), 'No space left on device'),
    (OSError('9 requested and 4 written'), '9 requested and 4 written')])  # NumPy's
def test_full_disk_is_one_line_with_the_path(tmp_path, error, reason):
    path = tmp_path / 'a.pth'
    with pytest.raises(SystemExit) as stop, readable_errors('Go on.'), atomic_write(path):
        raise error
    assert stop.value.code == f'error: {path} could not be written: {reason}. Make room there. Go on.'
    assert not list(tmp_path.iterdir())
    with pytest.raises(PermissionError), readable_errors():
        raise PermissionError(errno.EACCES, 'no')


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


def test_lines_of_a_message_stay():
    with pytest.raises(SystemExit) as stop, readable_errors():
        check_positive(**{'Two faults:\n\n  k=1  \n  q': 0})
    assert stop.value.code == 'error: Two faults:\n  k=1\n  q=0 must be a positive integer.'
