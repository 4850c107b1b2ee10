import pytest

from hico_mm.visualization.class_names import load_class_names, name_classes

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


def test_classes_have_names_or_numbers():
    assert name_classes(['a', 'b', 'c'], 2) == ['a', 'b']
    assert name_classes(None, 3) == ['0', '1', '2']
    with pytest.raises(ValueError, match='2 class names do not suffice for 3 classes. .* --class-names'):
        name_classes(['a', 'b'], 3)
