# Instance-level contrast alone, NTU-60 x-sub (Table 4; also Table 3's two branches).
_base_ = '../hico_ntu60.py'

model = dict(contrast=dict(weights=dict(domain=0.0, clip=0.0, part=0.0)))
