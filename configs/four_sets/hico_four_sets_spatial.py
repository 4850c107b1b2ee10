# The spatial branch alone, the four sets (Table 3): instance-level contrast, as Table 3 has it.
_base_ = 'hico_four_sets_instance.py'

model = dict(backbone=dict(branches='spatial'))
