"""The numbers of the paper's tables."""
from collections import Counter

from hico_mm.benchmark.paper_numbers import PAPER_NUMBERS, tasks_of_the_paper
from hico_mm.utils import list_configs


def test_spot_checks():
    assert PAPER_NUMBERS.items() >= {
        ('hico_ntu60_gru', 'linear', None): 80.6,
        ('hico_ntu60_xview_lstm', 'linear', None): 88.8,
        ('hico_ntu120_xset', 'linear', None): 74.1,
        ('hico_pku2_lstm', 'linear', None): 54.7,
        ('hico_ntu120_xset_gru', 'knn', None): 58.7,
        ('hico_ntu60', 'knn', None): 68.3,
        ('hico_ntu60_xview_temporal', 'linear', None): 84.9,
        ('hico_ntu60_instance', 'linear', None): 79.8,
        ('hico_ntu60_xview_instance_domain', 'linear', None): 88.4,
        ('hico_pku1_to_pku2', 'finetune', None): 53.4,
        ('hico_ntu60_to_pku2', 'finetune', None): 56.3,
        ('hico_ntu60', 'semi', 0.01): 54.4,
        ('hico_ntu60_xview', 'semi', 0.1): 78.3,
        ('skeletonclr_ntu60', 'linear', None): 68.3,
        ('crossclr_ntu60_xview', 'semi', 0.1): 73.5,
        ('aimclr_ntu60', 'knn', None): 62.0,
        ('isc_ntu120_xset', 'linear', None): 67.9,
        ('ascal_ntu60_xview', 'linear', None): 64.8,
    }.items()


def test_every_number_of_the_tables_is_there_once_and_has_its_config():
    # Table 1 has 18 and Table 2 12; Tables 3 and 4 have 12, of which 2 + 2 stand in both or in Table 1.
    assert Counter(task for name, task, _ in PAPER_NUMBERS if name.startswith('hico')) == dict(
        linear=18 + 4 + 4, knn=12, finetune=2, semi=4)
    assert {name for name, *_ in PAPER_NUMBERS} <= list_configs().keys()


def test_tasks_of_the_paper():
    for config, tasks in (('hico_ntu60', 'linear knn semi'), ('hico_pku1', 'linear'),
                          ('hico_ntu60_to_pku2', 'finetune'), ('hico_ntu60_bone', 'linear knn')):
        assert tasks_of_the_paper(config) == tasks.split()
