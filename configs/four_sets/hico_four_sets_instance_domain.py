# Instance- and domain-level contrast, the four sets (Table 4).
_base_ = 'hico_four_sets.py'

model = dict(contrast=dict(weights=dict(clip=0.0, part=0.0)))
