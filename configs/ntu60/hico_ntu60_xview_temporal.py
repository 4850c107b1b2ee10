# The temporal branch alone, NTU-60 x-view (Table 3): instance-level contrast, as Table 3 has it.
_base_ = 'hico_ntu60_xview_instance.py'

model = dict(backbone=dict(branches='temporal'))
