# Sizes: released code. The paper's text names only the UDM's kernel 5 and pool 2.
model = dict(
    type='MoCoRecognizer',
    data_preprocessor=dict(type='SkeletonPreprocessor', stream='joint', parents='nturgb+d'),
    backbone=dict(
        type='HiCoEncoder',
        num_joints=25,
        num_persons=2,
        num_frames=64,
        in_channels=3,
        hidden_channels=512,
        num_granularities=4,  # 64-32-16-8 clips, 50-25-12-6 parts
        s2s=dict(type='S2STransformer'),  # one layer, 4 heads, dropout 0.1
        variant='paper'),
    neck=dict(type='Projectors', out_channels=128),
    contrast=dict(
        type='HierarchicalContrastLoss',
        temperature=0.2,
        weights=dict(instance=1.0, domain=1.0, clip=1.0, part=1.0)),  # L_total is the plain sum
    queue=dict(type='FeatureQueue', length=2048),
    momentum=0.999)
