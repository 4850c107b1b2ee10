import numpy as np
import pytest

from hico_mm.datasets.transforms import JointCorruption, PoseShear
from hico_mm.datasets.transforms.spatial import transform_joints


def test_transform_joints_by_hand():
    keypoint = np.array([1, 2, 3, 4, 5, 6], np.float16).reshape(1, 1, 2, 3)
    matrix = np.array([[1, 0, 0], [10, 1, 0], [0, 0, 2]], np.float32)
    changed = transform_joints(keypoint, matrix)
    assert changed.dtype == np.float32
    assert changed.tolist() == [[[[21, 2, 6], [54, 5, 12]]]]
    assert keypoint.ravel().tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(('ratio', 'num_joints', 'count'), [
    (0.6, 25, 15), (0.6, 20, 12), (0.6, 17, 10), (0.6, 18, 11), (1.0, 25, 25), (0.01, 25, 0)])
def test_number_of_corrupted_joints(ratio, num_joints, count):
    for _ in range(20):
        joints, matrix = JointCorruption(ratio).draw(np.zeros((1, 1, num_joints, 3)))
        assert len(set(joints.tolist())) == len(joints) == count
        assert set(joints.tolist()) <= set(range(num_joints))
        assert matrix.shape == (3, 3)


def test_corruption_follows_the_draw(keypoint_of):
    transform, keypoint = JointCorruption(), keypoint_of()
    before = keypoint.copy()
    kinds = set()
    for seed in range(8):
        np.random.seed(seed)
        joints, matrix = transform.draw(keypoint)
        np.random.seed(seed)
        corrupted = transform(dict(keypoint=keypoint))['keypoint']
        kept = np.setdiff1d(np.arange(25), joints)
        np.testing.assert_array_equal(corrupted[:, :, kept], keypoint[:, :, kept])
        for m, t, v in [(0, 0, joints[0]), (1, 5, joints[0]), (1, 3, joints[-1])]:
            expected = [sum(keypoint[m, t, v, i] * matrix[i, j] for i in range(3))
                        for j in range(3)]
            np.testing.assert_allclose(corrupted[m, t, v], expected, atol=1e-6)
        assert corrupted.dtype == np.float32
        kinds.add('zero' if not matrix.any() else 'matrix')
    assert kinds == {'zero', 'matrix'}
    np.testing.assert_array_equal(keypoint, before)


def test_distribution_of_corruption():
    np.random.seed(0)
    sequence = np.zeros((1, 1, 25, 3))
    joints, matrices = zip(*[JointCorruption().draw(sequence) for _ in range(4000)], strict=True)
    zero = np.array([not matrix.any() for matrix in matrices])
    assert zero.mean() == pytest.approx(0.5, abs=0.03)
    np.testing.assert_allclose(np.bincount(np.ravel(joints)) / 4000, 0.6, atol=0.03)
    entries = np.array(matrices)[~zero]  # uniform in [-1, 1]
    assert -1 <= entries.min() < -0.99 and 0.99 < entries.max() <= 1
    np.testing.assert_allclose(entries.mean(axis=0), 0, atol=0.05)
    np.testing.assert_allclose(entries.std(axis=0), 1 / np.sqrt(3), atol=0.03)


@pytest.mark.parametrize('amplitude', [0.5, 1.0])
def test_distribution_of_shear(amplitude):
    np.random.seed(0)
    matrices = np.array([PoseShear(amplitude).draw(np.zeros((1, 1, 1, 3)))[0] for _ in range(4000)])
    np.testing.assert_array_equal(matrices[:, range(3), range(3)], 1)
    entries = matrices[:, ~np.eye(3, dtype=bool)]  # (4000, 6)
    assert np.abs(entries).max() <= amplitude
    np.testing.assert_allclose(entries.mean(axis=0), 0, atol=0.05)
    np.testing.assert_allclose(entries.std(axis=0), amplitude / np.sqrt(3), atol=0.03)


@pytest.mark.parametrize('dtype', [np.float16, np.float32])
def test_shear_follows_the_draw(dtype, keypoint_of):
    keypoint = keypoint_of().astype(dtype)
    before = keypoint.copy()
    np.random.seed(3)
    matrix, = PoseShear().draw(np.zeros((1, 1, 1, 3)))
    np.random.seed(3)
    sheared = PoseShear()(dict(keypoint=keypoint))['keypoint']
    expected = np.einsum('mtvi,ij->mtvj', keypoint.astype(np.float32), matrix)
    np.testing.assert_allclose(sheared, expected, atol=1e-5)
    assert sheared.dtype == np.float32
    np.testing.assert_array_equal(keypoint, before)


@pytest.mark.parametrize(('build', 'message'), [
    (lambda: JointCorruption(0), 'ratio of JointCorruption is 0, but 0 < ratio <= 1'),
    (lambda: JointCorruption(15), 'ratio of JointCorruption is 15'),
    (lambda: PoseShear(0), 'amplitude of PoseShear is 0, but a positive number'),
    (lambda: PoseShear(-1), 'amplitude of PoseShear is -1'),
])
def test_bad_arguments(build, message):
    with pytest.raises(ValueError, match=message):
        build()
