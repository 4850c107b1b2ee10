# The spatial branch alone, NTU-60 x-sub (Table 3): instance-level contrast, as Table 3 has it.
_base_ = 'hico_ntu60_instance.py'

model = dict(backbone=dict(branches='spatial'))
