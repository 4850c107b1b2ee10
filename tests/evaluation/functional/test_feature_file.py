import numpy as np
import pytest

from hico_mm.evaluation.functional import (
    find_same,
    hash_joints,
    read_feature_file,
    read_granularities,
    write_feature_file,
)

FEATURE = np.arange(24.).reshape(4, 6)
LABEL = np.array([5, 2, 9, 2])


def test_sequences_are_the_same_by_name_and_by_content_or_feature():
    gallery = dict(feature=np.eye(3), frame_dir=np.array(list('aab')), content=np.array(['0', '1', '']))
    queries = dict(feature=np.eye(3)[[1, 2, 2]], frame_dir=np.array(list('aba')),
                   content=np.array(list('079')))
    assert find_same(queries, gallery).tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    del queries['content']  # a file of an earlier version
    assert find_same(queries, gallery).tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_a_hash_is_of_values_not_of_their_type_or_of_padding():
    joints = np.random.default_rng(0).random((1, 6, 2, 3))
    padded = np.concatenate([joints, joints], axis=1).astype(np.float16)
    others = joints[:, ::-1], joints.reshape(1, 2, 6, 3), padded, joints + 0.01
    assert hash_joints(joints) == hash_joints(padded, 6) not in map(hash_joints, others)


@pytest.fixture
def save(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / 'x.npz', **arrays)
        return str(tmp_path / 'x.npz')

    return save


def test_blocks_of_columns_are_granularities(save):
    path = save(feature=FEATURE, label=LABEL, granularity=['clip_1', 'clip_2', 'part_1'])
    features, label = read_granularities(path)
    assert list(features) == ['clip_1', 'clip_2', 'part_1', 'instance']
    assert features['clip_1'].tolist() == [[0, 1], [6, 7], [12, 13], [18, 19]]
    assert features['clip_2'].tolist() == [[2, 3], [8, 9], [14, 15], [20, 21]]
    assert features['part_1'].tolist() == [[4, 5], [10, 11], [16, 17], [22, 23]]
    np.testing.assert_array_equal(features['instance'], FEATURE)
    assert label.tolist() == [5, 2, 9, 2]

    features, label = read_granularities(path, 2)  # the two lowest labels
    assert label.tolist() == [5, 2, 2]
    assert features['part_1'].tolist() == [[4, 5], [10, 11], [22, 23]]
    np.testing.assert_array_equal(features['instance'], FEATURE[[0, 1, 3]])

    for more in {}, dict(granularity=['clip_1']):
        path = save(feature=FEATURE, label=LABEL, **more)
        assert list(read_granularities(path)[0]) == ['instance'], 'a single block is the instance'


@pytest.mark.parametrize('arrays, num_classes, message', [
    (dict(feature=FEATURE), 10, r"needs the arrays feature and label, but has \['feature'\]"),
    (dict(feature=FEATURE, label=LABEL, granularity=['a', 'b', 'c', 'd']), None,
     r"has features of 6 channels, which are not 4 equally wide granularities \['a', 'b', 'c', 'd'\]"),
    (dict(feature=FEATURE, label=LABEL), 0, 'num_classes=0 must be a positive integer'),
])
def test_unfit_arrays_are_refused(save, arrays, num_classes, message):
    with pytest.raises(ValueError, match=message):
        read_granularities(save(**arrays), num_classes)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match='gone.npz does not exist .*tools/analysis/extract_feat'):
        read_feature_file(str(tmp_path / 'gone.npz'))
    (tmp_path / 'text.npz').write_text('features')
    np.save(tmp_path / 'array.npy', FEATURE)
    np.savez(tmp_path / 'whole.npz', feature=FEATURE)
    (tmp_path / 'half.npz').write_bytes((tmp_path / 'whole.npz').read_bytes()[:100])
    for name in ('text.npz', 'array.npy', 'half.npz'):
        with pytest.raises(ValueError, match=f'{name} is no readable .npz file'):
            read_feature_file(str(tmp_path / name))


def test_what_is_written_is_read_again(tmp_path):
    path = str(tmp_path / 'x.npz')
    write_feature_file(path, FEATURE, LABEL, np.array(['a', 'b', 'c', 'd']), encoder=np.array('e'))
    arrays = read_feature_file(path, ('feature', 'frame_dir'))
    assert arrays.keys() == {'feature', 'label', 'frame_dir', 'encoder'}
    assert arrays['frame_dir'].tolist() == ['a', 'b', 'c', 'd']
    np.testing.assert_array_equal(arrays['feature'], FEATURE)
    with pytest.raises(ValueError, match='x.npz needs the arrays feature and name, but has .*feature'):
        read_feature_file(path, ('feature', 'name'))
