"""HiCoEncoder and LinearHead inside MMAction2's own RecognizerGCN."""
import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.optim import OptimWrapper
from small_models import encoder_config, state_of

NUM_CLASSES, LEARNING_RATE = 5, 0.1


def build(**kwargs):
    encoder = encoder_config(**kwargs)
    model = MODELS.build(dict(
        type='RecognizerGCN', backbone=encoder,
        cls_head=dict(type='LinearHead', num_classes=NUM_CLASSES, encoder=encoder)))
    model.init_weights()
    return model.train()


@pytest.fixture
def probe():
    return build(frozen=True)


@pytest.fixture
def data():
    """A batch as the data loader collates it: 4 sequences of one clip."""
    return dict(inputs=[torch.randn(1, 2, 8, 3, 2) for _ in range(4)],
                data_samples=[ActionDataSample().set_gt_label(label) for label in (0, 4, 1, 1)])


def train(model, data, steps):
    optimizer = OptimWrapper(torch.optim.SGD(
        model.parameters(), lr=LEARNING_RATE, momentum=0.9, weight_decay=0.1))
    return [model.train_step(data, optimizer) for _ in range(steps)]


def test_encoder_stays_as_it_is_bit_by_bit(probe, data):
    before = state_of(probe)

    logs = train(probe, data, steps=3)

    after = probe.state_dict()
    for name, value in before.items():
        assert torch.equal(after[name], value) is name.startswith('backbone.'), name
    assert logs[-1]['loss'] < logs[0]['loss']


def test_first_step_follows_the_gradient_of_the_cross_entropy(probe, data):
    features = probe.backbone.eval()(torch.cat(data['inputs']))['instance']
    labels = torch.tensor([0, 4, 1, 1])
    weight, bias = (parameter.detach().clone() for parameter in probe.cls_head.fc.parameters())

    train(probe, data, steps=1)

    error = (features @ weight.T + bias).softmax(1)
    for n, label in enumerate(labels):
        error[n, label] -= 1
    gradient = error.T @ features / 4 + 0.1 * weight  # with weight decay
    torch.testing.assert_close(probe.cls_head.fc.weight.detach(),
                               weight - LEARNING_RATE * gradient, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(probe.cls_head.fc.bias.detach(),
                               bias - LEARNING_RATE * (error.mean(0) + 0.1 * bias),
                               rtol=1e-4, atol=1e-5)


def test_prediction_is_the_head_on_the_encoder(probe, data):
    probe.eval()

    samples = probe.test_step(data)

    scores = probe.cls_head.fc(probe.backbone(torch.cat(data['inputs']))['instance'])
    for sample, score in zip(samples, scores, strict=True):
        torch.testing.assert_close(sample.pred_score, score)
        assert sample.pred_label.item() == score.argmax().item()


def test_encoder_that_is_not_frozen_is_fine_tuned(data):
    model = build()
    before = state_of(model)

    train(model, data, steps=1)

    same = [name for name, value in model.state_dict().items() if torch.equal(before[name], value)]
    assert same == []
