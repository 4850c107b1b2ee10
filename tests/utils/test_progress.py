"""Progress of what takes long."""
import re

from hico_mm.utils import progress


def test_a_bar_is_shown_once_it_takes_longer_than_a_moment(monkeypatch, capsys):
    assert list(progress.track([1, 2, 3])) == [1, 2, 3]
    assert capsys.readouterr() == ('', '')
    monkeypatch.setattr(progress, 'PATIENCE', -1)
    assert list(progress.track([1, 2])) == list(progress.track(x for x in (1, 2))) == [1, 2]
    out, error = capsys.readouterr()
    assert out == '' and '2/2' in error and 'completed: 2' in error and error.endswith('\n')


def test_each_name_is_printed_with_the_seconds_of_its_step(capsys):
    assert dict(progress.track_by_name(dict(a=1, b=2), 'checked')) == dict(a=1, b=2)
    assert re.fullmatch(r'a: checked, \d+\.\d s\nb: checked, \d+\.\d s\n', capsys.readouterr().out)
