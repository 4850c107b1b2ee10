# Instance- and domain-level contrast, NTU-60 x-view (Table 4).
_base_ = 'hico_ntu60_xview.py'

model = dict(contrast=dict(weights=dict(clip=0.0, part=0.0)))
