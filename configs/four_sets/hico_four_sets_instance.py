# Instance-level contrast alone, the four sets (Table 4; also Table 3's two branches).
_base_ = 'hico_four_sets.py'

model = dict(contrast=dict(weights=dict(domain=0.0, clip=0.0, part=0.0)))
