# What AimCLR's extreme view has after the normal augmentation. Numbers: github.com/Levigty/AimCLR. Its
# blur does not keep the size of the coordinates: variant='released'.
extreme = [
    dict(type='RandomApply', prob=0.5, transforms=[dict(type='SwapSides', layout='nturgb+d')]),
    dict(type='RandomRotation', max_degrees=30, max_other_degrees=1),
    dict(type='RandomApply', prob=0.5, transforms=[dict(type='JointNoise', std=0.01)]),
    dict(type='RandomApply', prob=0.5, transforms=[
        dict(type='TemporalBlur', min_sigma=0.1, max_sigma=2.0, variant='paper')]),
    dict(type='RandomApply', prob=0.5, transforms=[dict(type='MaskAxis')]),
]
