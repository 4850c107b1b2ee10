import pytest

from hico_mm.speed import interleaved
from hico_mm.speed.interleaved import Ratio, ratio, time_interleaved


def test_forms_take_turns_and_the_first_round_does_not_count(monkeypatch):
    now, calls = [0.0], []

    def form(name, seconds):
        def run():
            calls.append(name)
            now[0] += seconds * len(calls)
        return run

    monkeypatch.setitem(interleaved.CLOCKS, 'wall', lambda: now[0])
    seconds = time_interleaved(dict(a=form('a', 1), b=form('b', 10)), rounds=2)

    assert calls == ['b', 'a', 'a', 'b', 'b', 'a']
    assert seconds == dict(a=[3, 6], b=[40, 50])


def test_waits_for_the_device_before_and_after_each_form():
    events = []
    time_interleaved(dict(a=lambda: events.append('form')), rounds=1,
                     wait=lambda: events.append('wait'))
    assert events == ['wait', 'form', 'wait'] * 2


@pytest.mark.parametrize('numerator, denominator, expected', [
    ([2.0, 9.0, 8.0], [2.0, 3.0, 4.0], Ratio(2.0, 1.0, 3.0)),
    ([1.0, 2.0], [4.0, 4.0], Ratio(0.375, 0.25, 0.5)),
])
def test_ratio_of_the_rounds(numerator, denominator, expected):
    assert ratio(numerator, denominator) == expected


def test_ratio_as_text():
    assert str(Ratio(0.93, 0.9, 1.0)) == '0.930 (0.900 to 1.000)'
