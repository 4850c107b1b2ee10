# AS-CAL (Rao et al., Information Sciences 2021, "Augmented Skeleton Based Contrastive Action Learning
# with Momentum LSTM for Unsupervised Action Recognition"). Numbers: github.com/Mikexu007/AS-CAL.
model = dict(
    type='MoCoRecognizer',
    data_preprocessor=dict(type='SkeletonPreprocessor', stream='joint', parents='nturgb+d'),
    backbone=dict(
        type='RecurrentEncoder', num_joints=25, num_persons=2, num_frames=150, in_channels=3,
        cell='LSTM', hidden_channels=256, num_layers=1, bidirectional=False, pooling='mean',
        xavier=False),
    neck=dict(type='Projectors', out_channels=None),  # there is none
    normalize=False,
    contrast=dict(
        type='Contrast', temperature=0.06, terms=[dict(type='InfoNCE', query='instance')]),
    queue=dict(type='FeatureQueue', length=16384),
    # The authors move the key encoder after the optimizer. To move it before the next keys is the same.
    momentum=0.999)
