import pytest
from mmengine.config import ConfigDict

from hico_mm.utils.class_names import dataset_class_names, load_class_names, name_class

CONFIG = """
data = dict(type='SyntheticSkeletonDataset', num_sequences=2, num_classes=3, pipeline=[])
test_dataloader = dict(dataset=data)
"""


def test_names_stand_in_lines(tmp_path):
    path = tmp_path / 'names.txt'
    path.write_text('drink water\n throw \n\nÜbung\n', encoding='utf-8')
    assert load_class_names(str(path)) == ['drink water', 'throw', 'Übung']


def test_names_are_those_of_the_test_data(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text(CONFIG)
    assert load_class_names(str(path)) == ['swing_stand', 'lift_march', 'flap_squat']
    path.write_text(CONFIG.replace('pipeline=[]', 'pipeline=[], metainfo=dict()'))
    with pytest.raises(ValueError, match='test data of .*config.py do not name their classes. Add'):
        load_class_names(str(path))


@pytest.mark.parametrize('content, message', [
    (None, r'--class-names .*names.txt does not exist \(looked for /'),
    (b'\n \n', 'names.txt is empty. Write one name a line'),
    (b'\x80\x05', 'names.txt is no text file. Write one name a line'),
])
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / 'names.txt'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises((FileNotFoundError, ValueError), match=message):
        load_class_names(str(path))


def test_a_data_set_names_its_classes_itself_or_by_a_file(tmp_path):
    path = tmp_path / 'names.txt'
    path.write_text('walk\nwave\n')
    for classes in (('walk', 'wave'), str(path)):
        dataset = ConfigDict(type='SkeletonDataset', ann_file='gone', pipeline=[dict(type='Unknown')],
                             metainfo=dict(classes=classes))
        assert dataset_class_names(dataset) == ['walk', 'wave']
    assert dataset_class_names(ConfigDict(type='SkeletonDataset', ann_file='gone')) is None


def test_a_class_has_a_name_or_a_number():
    assert [name_class(label, ['walk']) for label in (0, 1, -1, None)] == [
        'walk', 'class 1', 'class -1', None]
    assert name_class(0) == 'class 0'
