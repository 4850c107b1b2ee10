"""LinearHead alone, and with HiCoEncoder inside MMAction2's own RecognizerGCN."""
import math
import multiprocessing

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.optim import OptimWrapper
from slow_hico import linear, scrambled
from small_models import NETWORKS, assert_same, encoder_config, pooled_config, state_of

NUM_CLASSES, CHANNELS = 7, 6


def build(**kwargs):
    return MODELS.build(
        dict(type='LinearHead', num_classes=NUM_CLASSES, in_channels=CHANNELS, **kwargs))


def samples(labels):
    return [ActionDataSample().set_gt_label(label) for label in labels]


@pytest.fixture
def features():
    return dict(instance=torch.randn(4, CHANNELS), clip=torch.zeros(1))


def test_scores_are_linear_in_the_instance_feature(features):
    head = scrambled(build()).float()

    expected = [linear(x, head.fc.weight.tolist(), head.fc.bias.tolist())
                for x in features['instance'].tolist()]

    torch.testing.assert_close(head(features), torch.tensor(expected))


def test_standardised_channels_make_the_size_of_features_indifferent(features):
    head, x = scrambled(build(standardize=True)).float(), features['instance']
    biased = ((x - x.mean(0))**2).mean(0)

    scores = head(features)

    expected = [linear(row, head.fc.weight.tolist(), head.fc.bias.tolist())
                for row in ((x - x.mean(0)) / (biased + 1e-5).sqrt()).tolist()]
    torch.testing.assert_close(scores, torch.tensor(expected))
    torch.testing.assert_close(head(dict(instance=1000 * x + 7)), scores, rtol=1e-3, atol=1e-3)


def test_evaluation_standardises_by_what_training_has_seen(features):
    head, x = build(standardize=True), features['instance']
    head(features)
    head.eval()
    mean, variance = 0.1 * x.mean(0), 0.9 + 0.1 * x.var(0)  # momentum 0.1

    scores = head(features)

    torch.testing.assert_close(scores, head.fc((x - mean) / (variance + 1e-5).sqrt()))
    torch.testing.assert_close(head(dict(instance=x[:1])), scores[:1])
    head.train()  # a batch of one: as in evaluation, and nothing is learnt of it
    torch.testing.assert_close(head(dict(instance=x[:1])), scores[:1])
    torch.testing.assert_close(head.mean, mean)


def _step_of_rank(rank, folder, features, results):
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2)
    results.put((rank, *_step(features[rank::2].clone().requires_grad_())))


def _step(features):
    """Running statistics, and the gradient that features get of the sum of squared scores."""
    torch.manual_seed(0)
    head = build(standardize=True)
    (head(dict(instance=features))**2).sum().backward()
    return head.mean.tolist(), head.variance.tolist(), features.grad.tolist()


def test_two_processes_standardise_as_one(tmp_path):
    features = 3 * torch.randn(8, CHANNELS) + 1
    context = multiprocessing.get_context('fork')
    results = context.Queue()
    ranks = [context.Process(target=_step_of_rank, args=(rank, tmp_path, features, results))
             for rank in range(2)]
    for process in ranks:
        process.start()
    found = dict((rank, values) for rank, *values in (results.get(timeout=60) for _ in ranks))
    for process in ranks:
        process.join()
    mean, variance, grad = _step(features.clone().requires_grad_())
    for rank in range(2):
        for value, expected in zip(found[rank], (mean, variance, grad[rank::2]), strict=True):
            torch.testing.assert_close(torch.tensor(value), torch.tensor(expected))


@pytest.mark.parametrize('kwargs, std', [({}, 0.01), (dict(init_std=0.5), 0.5)])
def test_weights_start_normal_and_the_bias_at_zero(kwargs, std):
    head = MODELS.build(dict(type='LinearHead', num_classes=60, in_channels=200, **kwargs))

    head.init_weights()

    assert head.fc.weight.std().item() == pytest.approx(std, rel=0.05)
    assert head.fc.weight.mean().item() == pytest.approx(0, abs=0.05 * std)
    assert head.fc.weight.abs().max() > 3 * std  # normal, not uniform
    assert (head.fc.bias == 0).all()


def test_an_initialisation_of_the_config_has_priority():
    head = build(init_cfg=dict(type='Constant', layer='Linear', val=2.0))
    head.init_weights()
    assert (head.fc.weight == 2).all()


@pytest.mark.parametrize('encoder', [
    encoder_config(s2s='S2STransformer'), encoder_config(branches='spatial', num_granularities=3),
    pooled_config('ST-GCN++'), pooled_config('AAGCN')])
def test_the_encoder_tells_the_channels_and_changes_no_weight(encoder):
    backbone = MODELS.build(encoder)
    states = []
    for head in (dict(in_channels=backbone.feature_channels['instance']), dict(encoder=encoder)):
        torch.manual_seed(3)
        model = MODELS.build(dict(type='RecognizerGCN', backbone=encoder, cls_head=dict(
            type='LinearHead', num_classes=NUM_CLASSES, standardize=True, **head)))
        model.init_weights()
        states.append(model.state_dict())

    given, told = states
    assert list(given) == list(told)
    assert_same(told, given)


@pytest.mark.parametrize('kwargs, message', [
    ({}, 'in_channels=None and encoder=None. Give one of them'),
    (dict(in_channels=32, encoder=encoder_config()), 'Give one of them'),
    (dict(encoder=NETWORKS['ST-GCN']), r"STGCN does not say which features .*\(type='PooledGCN', "
     r"network=dict\(type='STGCN', \.\.\.\)\)"),
])
def test_channels_that_cannot_be_told_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(dict(type='LinearHead', num_classes=NUM_CLASSES, **kwargs))


def test_loss_is_the_cross_entropy_and_accuracies_count_the_top_k(features):
    head, labels = scrambled(build(topk=(1, 3))).float(), [0, 6, 3, 3]

    losses = head.loss(features, samples(labels))

    scores = head(features).tolist()
    entropies, ranks = [], []
    for row, label in zip(scores, labels, strict=True):
        entropies.append(math.log(sum(math.exp(score) for score in row)) - row[label])
        ranks.append(sum(score > row[label] for score in row))
    assert losses['loss_cls'].item() == pytest.approx(sum(entropies) / 4)
    assert losses['top1_acc'].item() == sum(rank < 1 for rank in ranks) / 4
    assert losses['top3_acc'].item() == sum(rank < 3 for rank in ranks) / 4
    one_hot = torch.eye(NUM_CLASSES)[labels]
    soft = head.loss(features, samples(one_hot))
    torch.testing.assert_close(soft['loss_cls'], losses['loss_cls'])


@pytest.mark.parametrize('kwargs, activate', [
    ({}, lambda scores: scores), (dict(average_clips='prob'), lambda scores: scores.softmax(1))])
def test_prediction_is_the_mean_of_the_clips(features, kwargs, activate):
    head = scrambled(build(**kwargs)).float()  # 4 clips: 2 of each sequence

    predictions = head.predict(features, samples([0, 1]))

    scores = activate(head(features))
    for n, prediction in enumerate(predictions):
        expected = (scores[2 * n] + scores[2 * n + 1]) / 2
        torch.testing.assert_close(prediction.pred_score, expected)
        assert prediction.pred_label.tolist() == [expected.argmax().item()]
        # Views would be pickled with the scores of their whole batch.
        assert prediction.pred_score.untyped_storage().nbytes() == 4 * NUM_CLASSES
        assert prediction.pred_label.untyped_storage().nbytes() == 8


def test_mixed_precision_gives_scores_in_full_precision(features):
    head = scrambled(build()).float()

    with torch.autocast('cpu', dtype=torch.bfloat16):
        scores = head(features)

    assert scores.dtype == torch.float32
    torch.testing.assert_close(scores, head(features), rtol=0.05, atol=0.05)


@pytest.mark.parametrize('label', [7, -1])
def test_labels_outside_the_classes_are_refused(features, label):
    with pytest.raises(ValueError, match=rf'Labels from .*{label}.* not within \[0, 7\).*num_classes'):
        build().loss(features, samples([0, 1, label, 2]))


def test_another_feature_width_is_refused():
    with pytest.raises(ValueError, match='in_channels=6, but the instance feature has 8 channels'):
        build()(dict(instance=torch.zeros(4, 8)))


@pytest.mark.parametrize('frozen', [True, False])
def test_recognizer_learns_and_a_frozen_encoder_stays_as_it_is_bit_by_bit(frozen):
    encoder = encoder_config(frozen=frozen)
    model = MODELS.build(dict(
        type='RecognizerGCN', backbone=encoder,
        cls_head=dict(type='LinearHead', num_classes=NUM_CLASSES, encoder=encoder)))
    model.init_weights()
    before = state_of(model)
    data = dict(inputs=[torch.randn(1, 2, 8, 3, 2) for _ in range(4)],
                data_samples=samples([0, 4, 1, 1]))
    optimizer = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1))

    losses = [model.train_step(data, optimizer)['loss'] for _ in range(3)]

    for name, value in model.state_dict().items():
        assert torch.equal(before[name], value) is (frozen and name.startswith('backbone.')), name
    assert losses[-1] < losses[0]
    predicted = model.eval().test_step(data)
    scores = model.cls_head.fc(model.backbone(torch.cat(data['inputs']))['instance'])
    for sample, score in zip(predicted, scores, strict=True):
        torch.testing.assert_close(sample.pred_score, score)
        assert sample.pred_label.item() == score.argmax().item()


def test_several_encoders_have_a_classifier_each():
    member = dict(type='RecurrentEncoder', num_joints=2, num_frames=4, hidden_channels=2, num_layers=1)
    encoder = dict(type='EncoderGroup', parents=(0, 0), encoders=dict(joint=member, motion=dict(
        member, hidden_channels=3)))
    head = MODELS.build(dict(type='LinearHead', num_classes=5, encoder=encoder))
    instance = torch.randn(6, 10)

    first, second = head.fc.layers
    expected = (first(instance[:, :4]) + second(instance[:, 4:])) / 2
    torch.testing.assert_close(head(dict(instance=instance)), expected)
