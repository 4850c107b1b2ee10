import re
import sys

import pytest


@pytest.fixture
def script(load_script):
    return load_script('analysis/cached_probe')


def test_probe_of_generated_features(script, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', [
        'cached_probe.py', '--sequences', '60', '--queries', '24', '--channels', '16',
        '--classes', '3', '--epochs', '2'])
    script.main()
    line = capsys.readouterr().out.splitlines()[-1]
    match = re.fullmatch(r'60 x 16 features, 24 queries, 3 classes, 2 epochs, \d+ threads: \d+ s, '
                         r'acc/top1 (.*)', line)
    assert match, line
    assert float(match[1]) > 0.9


def test_training_and_test_features_differ(script):
    train = script.GeneratedFeatures(6, 16, 3)
    test = script.GeneratedFeatures(6, 16, 3, first=6)
    features = [dataset[i]['inputs'] for dataset in (train, test) for i in range(6)]
    assert len({tuple(feature.flatten().tolist()) for feature in features}) == 12
    assert all(feature.shape == (1, 16) for feature in features)
    assert train[4]['inputs'].equal(train[4]['inputs'])
