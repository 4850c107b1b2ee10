"""tools/analysis/fuse_scores.py, on what a linear probe really dumps."""
import pickle
import sys

import pytest
import torch
from mmengine.runner import Runner

STREAMS = ('joint', 'motion', 'bone')


@pytest.fixture
def fuse(load_script, monkeypatch, capsys):
    """Run the script; return the lines that it printed."""
    script = load_script('analysis/fuse_scores')

    def run(*argv):
        monkeypatch.setattr(sys, 'argv', ['fuse_scores.py', *map(str, argv)])
        script.main()
        return capsys.readouterr().out.splitlines()

    return run


@pytest.fixture(scope='module')
def dumps(tmp_path_factory):
    """Predictions of untrained classifiers of three streams on 12 sequences of 6 classes."""
    folder = tmp_path_factory.mktemp('dumps')
    paths = [folder / f'{stream}.pkl' for stream in STREAMS]
    for seed, path in enumerate(paths):
        pipeline = [dict(type='CentralCropResize', clip_len=16),
                    dict(type='FormatGCNInput', num_person=2),
                    dict(type='PackActionInputs', meta_keys=('frame_dir', ))]
        data = dict(type='SyntheticSkeletonDataset', split='val', num_sequences=12, num_classes=6,
                    pipeline=pipeline, test_mode=True)
        sampler = dict(type='DefaultSampler', shuffle=seed == 1)  # matched by name
        Runner.from_cfg(dict(
            default_scope='mmaction', work_dir=str(folder), randomness=dict(seed=seed),
            experiment_name=f'fuse_{path.stem}',
            model=dict(type='RecognizerGCN',
                       backbone=dict(type='HiCoEncoder', num_frames=16, hidden_channels=8),
                       cls_head=dict(type='LinearHead', num_classes=6, in_channels=64, init_std=1.)),
            test_dataloader=dict(batch_size=5, num_workers=0, sampler=sampler, dataset=data),
            test_cfg=dict(type='TestLoop'),
            test_evaluator=[dict(type='AccMetric'),
                            dict(type='DumpResults', out_file_path=str(path))])).test()
    return paths


def test_each_stream_and_their_mean(fuse, dumps, tmp_path):
    lines = fuse(*dumps, '--weights', '0.6', '0.4', '0.6', '--out', tmp_path / 'sub/fused.pkl')
    streams = [{sample['frame_dir']: sample for sample in pickle.loads(path.read_bytes())}
               for path in dumps]
    fused = pickle.loads((tmp_path / 'sub/fused.pkl').read_bytes())
    hits = 0
    for sample in fused:
        joint, motion, bone = (stream[sample['frame_dir']]['pred_score'] for stream in streams)
        expected = (0.6 * joint + 0.4 * motion + 0.6 * bone) / 1.6
        torch.testing.assert_close(sample['pred_score'], expected)
        hits += int(expected.argmax() == sample['gt_label'])
    assert len({sample['frame_dir'] for sample in fused}) == len(fused) == 12

    assert lines[0].split()[-3:] == ['of', '12', 'sequences']
    for path, stream, line in zip(dumps, streams, lines[1:4], strict=True):
        correct = sum(bool(sample['pred_label'] == sample['gt_label']) for sample in stream.values())
        assert line.split()[:2] == [str(path), f'{100 * correct / 12:.2f}']
    assert lines[4].split()[:3] == ['fused', '0.6:0.4:0.6', f'{100 * hits / 12:.2f}']
    assert lines[5] == f"Predictions: {tmp_path / 'sub/fused.pkl'}"
    again = fuse(tmp_path / 'sub/fused.pkl')
    assert again[2].split()[:2] == ['fused', '1']
    assert again[1].split()[1:] == again[2].split()[2:] == lines[4].split()[2:], 'can be read again'


@pytest.mark.parametrize('argv, message', [
    (['joint.pkl', 'gone.pkl'], 'error: .*gone.pkl does not exist'),
    (['joint.pkl', 'bone.pkl', '--weights', '1'], r'error: 1 weights \[1.0\] do not fit 2 streams'),
    (['joint.pkl', '--out', 'joint.pkl/fused.pkl'], 'error: .*cannot be made or written'),
])
def test_errors_are_one_line(fuse, dumps, monkeypatch, argv, message):
    monkeypatch.chdir(dumps[0].parent)
    with pytest.raises(SystemExit, match=message) as error:
        fuse(*argv)
    assert '\n' not in str(error.value)
