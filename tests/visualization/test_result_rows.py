import json
import re

import pytest

from hico_mm.visualization.result_rows import load_rows, select_rows

STREAMS = ['hico_a', 'hico_a_motion', 'hico_a_bone', 'hico_a+hico_a_bone+hico_a_motion']
GRANULARITIES = ['hico_a_1g', 'hico_a_2g', 'hico_a_3g', 'hico_a']


@pytest.fixture
def write(tmp_path):
    """Write results of the named configs; the mean is the config's place in the list."""
    def write(configs, more=()):
        rows = [dict(config=config, task='fusion' if '+' in config else 'linear',
                     encoder='pretrained', mean=mean) for mean, config in enumerate(configs)]
        (tmp_path / 'results.json').write_text(json.dumps(dict(rows=rows + list(more))))
        return str(tmp_path / 'results.json')

    return write


def means(groups):
    return {base: {label: row['mean'] for label, row in rows.items()} for base, rows in groups.items()}


def test_only_linear_evaluation_of_pretrained_encoders_counts(write):
    rows = load_rows(write(['hico_a'], [
        dict(config='hico_a', task='knn', encoder='pretrained', mean=7),
        dict(config='hico_a', task='linear', encoder='untrained', mean=8)]))
    assert {name: row['mean'] for name, row in rows.items()} == dict(hico_a=0)


def test_smoke_rows_are_not_drawn(write):
    smoke = dict(config='hico_b', task='linear', encoder='pretrained', mean=7, smoke=True)
    assert list(load_rows(write(['hico_a'], [smoke]))) == ['hico_a']
    with pytest.raises(ValueError, match='results.json has only rows of smoke runs.* without --smoke'):
        load_rows(write([], [smoke]))


def test_other_weights_and_pretrainings_are_not_drawn(write):
    more = [dict(config='+'.join(STREAMS[:3]) + ' (0.6 : 0.4 : 0.6)', task='fusion',
                 encoder='pretrained', mean=7),
            dict(config='hico_a', task='pretrain', encoder='pretrained', mean=8)]
    rows = load_rows(write(STREAMS, more))
    assert means(select_rows(rows, 3)) == dict(hico_a=dict(joint=0, motion=1, bone=2, fusion=3))


@pytest.mark.parametrize('bases', [None, ['hico_a']])
def test_figures_find_their_rows(write, bases):
    rows = load_rows(write([*STREAMS, *GRANULARITIES[:3], 'hico_b', 'hico_b_gru']))
    assert means(select_rows(rows, 3, bases)) == dict(hico_a=dict(joint=0, motion=1, bone=2, fusion=3))
    assert means(select_rows(rows, 4, bases)) == dict(hico_a={1: 4, 2: 5, 3: 6, 4: 0})


def test_the_order_of_fused_streams_does_not_matter(write):
    rows = load_rows(write([*STREAMS[:3], 'hico_a_motion+hico_a+hico_a_bone']))
    assert means(select_rows(rows, 3))['hico_a']['fusion'] == 3


def test_several_configs_are_groups(write):
    others = [name.replace('_a', '_b') for name in GRANULARITIES]
    rows = load_rows(write(GRANULARITIES + others))
    assert list(select_rows(rows, 4)) == ['hico_a', 'hico_b']
    assert list(select_rows(rows, 4, ['hico_b'])) == ['hico_b']


RUN = 'Run, with the folder of the results as --out: python tools/analysis/benchmark.py '


@pytest.mark.parametrize('there, figure, bases, message', [
    (GRANULARITIES[2:], 4, None,
     "Figure 4 needs rows of linear evaluation that are missing: ['hico_a_1g', 'hico_a_2g']. "
     f'{RUN}configs/hico_a_1g.py configs/hico_a_2g.py --tasks linear'),
    (STREAMS[1:2], 3, None,
     "Figure 3 needs rows of linear evaluation that are missing: ['hico_a', 'hico_a_bone', "
     f"'hico_a+hico_a_bone+hico_a_motion']. {RUN}configs/hico_a.py configs/hico_a_bone.py "
     'configs/hico_a_motion.py --tasks linear --fuse'),
    ([*STREAMS, 'hico_b', 'hico_b_bone', 'hico_b+hico_b_bone+hico_b_motion'], 3, None,
     f"['hico_b_motion']. {RUN}configs/hico_b_motion.py --tasks linear"),
    ([], 3, ['hico_a', 'hico_b'],
     f'{RUN}configs/hico_a.py configs/hico_a_bone.py configs/hico_a_motion.py --tasks linear --fuse and '
     'python tools/analysis/benchmark.py configs/hico_b.py configs/hico_b_bone.py '
     'configs/hico_b_motion.py --tasks linear --fuse'),
    (STREAMS, 4, None, "Figure 4 compares variations ['_1g', '_2g', '_3g'] of a config, but there are "
     f'only rows of {sorted(STREAMS)}. Name the config by --base'),
])
def test_what_is_missing_is_named(write, there, figure, bases, message):
    rows = load_rows(write(there))
    with pytest.raises(ValueError, match=re.escape(message)):
        select_rows(rows, figure, bases)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='gone.json does not exist .*Name the results.json'):
        load_rows(str(tmp_path / 'gone.json'))


@pytest.mark.parametrize('content', [
    b'no JSON', b'\xff', b'{}', b'[]', b'{"rows": [{}]}', b'{"rows": 1}'])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / 'x.json').write_bytes(content)
    with pytest.raises(ValueError, match='x.json is no results.json of tools/analysis/benchmark.py'):
        load_rows(str(tmp_path / 'x.json'))
