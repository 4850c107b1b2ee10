_base_ = 'four_sets.py'

# The four sets, and: Kinder-Gator (Aloba et al., Eurographics 2018; Kinect v1, adults and children, no
# licence file: cite), Bandai-Namco-Research-Motiondataset 2 (motion capture, CC BY-NC 4.0), and windows
# of MSRC-12 (Fothergill et al., CHI 2012; non-commercial research) and GTU3DActions without labels.
# Together 8,245 training sequences; the long ones in windows: 9,495.
kinder_gator = dict(ann_file='data/skeleton/kinder_gator_ntu25.pkl', num_classes=58)
bandai = dict(ann_file='data/skeleton/bandai_ntu25.pkl', num_classes=10)
evaluate_on = dict(
    kinder_gator=kinder_gator,
    children=dict(splits=('xage_train', 'xage_val'), **kinder_gator),  # adults train
    bandai=dict(splits=('xstyle_train', 'xstyle_val'), **bandai))  # two styles of moving held out

windows = dict(_base_.pretrain, window=100)
train_dataloader = dict(
    dataset=dict(
        dataset=dict(
            datasets=[
                *_base_.train_dataloader.dataset.dataset.datasets,
                dict(windows, ann_file=kinder_gator['ann_file']),
                dict(windows, ann_file=bandai['ann_file'], split='xstyle_train'),
                dict(_base_.pretrain, ann_file='data/skeleton/motion_ntu25.pkl', split='train'),
            ])))
val_dataloader = dict(dataset=kinder_gator)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=kinder_gator))
test_cfg = val_cfg
