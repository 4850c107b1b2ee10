import torch

from hico_mm.speed.profiled import profile_table


def test_table_names_the_operators_and_no_more_than_asked_for():
    x = torch.rand(300, 300)

    table = profile_table(lambda: (x @ x).relu(), 'cpu', rows=1)

    assert 'aten::mm ' in table
    assert 'relu' not in table
