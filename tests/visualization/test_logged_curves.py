from hico_mm.visualization.logged_curves import choose_keys


def test_losses_of_the_levels_and_accuracy_are_chosen():
    assert choose_keys(['lr', 'loss', 'loss_instance', 'acc_clip', 'loss_clip'], ['knn/top1']) == [
        'loss_instance', 'loss_clip', 'knn/top1']
    assert choose_keys(['loss_cls'], ['acc/top1', 'acc/top5', 'acc/mean1']) == ['loss_cls', 'acc/top1']
    assert choose_keys([], []) == []
