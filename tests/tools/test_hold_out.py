"""tools/data/hold_out.py: a validation split out of the training split."""
import pickle

import numpy as np
import pytest

SCRIPT = 'data/hold_out'


@pytest.fixture(autouse=True)
def file(tmp_path):
    """Six sequences: four to train on, of the subjects 2, 3, 10, and two that are test data."""
    annotations = [
        dict(frame_dir=name, subject=subject, total_frames=2, label=0,
             keypoint=np.full((1, 2, 3, 3), number + 1, np.float32) / 3)
        for number, (name, subject) in enumerate([
            ('run_old_1', 10), ('run_new_1', 3), ('sit_new_1', 2), ('sit_old_2', 2),
            ('test_old_1', 4), ('test_new_1', 5)])]
    split = dict(xsub_train=[x['frame_dir'] for x in annotations[:4]],
                 xsub_val=[x['frame_dir'] for x in annotations[4:]])
    (tmp_path / 'all.pkl').write_bytes(pickle.dumps(dict(split=split, annotations=annotations)))
    return annotations


@pytest.mark.parametrize('options, train, val', [
    ([], ['run_old_1', 'sit_new_1', 'sit_old_2'], ['run_new_1']),  # 3 is the second of 2, 3, 10
    (['--group', '_(.*)_'], ['run_new_1', 'sit_new_1'], ['run_old_1', 'sit_old_2']),
    (['--group', 'run|sit'], ['run_old_1', 'run_new_1'], ['sit_new_1', 'sit_old_2']),
])
def test_every_second_group_is_held_out(call, tmp_path, file, options, train, val):
    printed = call(SCRIPT, 'all.pkl', 'part.pkl', *options)
    assert printed == f'part.pkl: xsub_train {len(train)}, xsub_val {len(val)}\n'
    content = pickle.loads((tmp_path / 'part.pkl').read_bytes())
    assert content['split'] == dict(xsub_train=train, xsub_val=val)
    expected = {x['frame_dir']: x['keypoint'] for x in file[:4]}
    assert {x['frame_dir'] for x in content['annotations']} == expected.keys(), 'no test data'
    for annotation in content['annotations']:
        np.testing.assert_array_equal(annotation['keypoint'], expected[annotation['frame_dir']])


@pytest.mark.parametrize('out, options, message', [
    ('part.pkl', ['--splits', 'xsub_val', 'x', '--group', 'test'],
     "All 2 sequences are of one group, 'test'"),
    ('part.pkl', ['--group', 'run'], "--group 'run' finds nothing in the name of sequence 'sit_new_1'"),
    ('part.pkl', ['--group', '('], "--group '(' is no regular expression"),
    ('part.pkl', ['--splits', 'train', 'val'], "has no split 'train'"),
    ('part.pkl', ['--splits', 'a', 'a'], '--splits a twice'),
    ('all.pkl', [], 'all.pkl is there already'),
])
def test_what_cannot_be_divided_is_refused(fail, capsys, tmp_path, out, options, message):
    assert message in f"{fail(SCRIPT, 'all.pkl', out, *options)} {capsys.readouterr().err}"
    assert not (tmp_path / 'part.pkl').exists()


def test_a_file_without_subjects_is_refused(call, tmp_path, file):
    for annotation in file:
        del annotation['subject']
    names = [x['frame_dir'] for x in file]
    (tmp_path / 'all.pkl').write_bytes(
        pickle.dumps(dict(split=dict(xsub_train=names), annotations=file)))
    with pytest.raises(SystemExit, match="has no 'subject' .* Tell groups apart by .* --group"):
        call(SCRIPT, 'all.pkl', 'part.pkl')
