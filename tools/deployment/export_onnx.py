"""Export a trained encoder, with its head or without, to ONNX: joints in, class scores or features out.

A config with a head (of a task) gives class scores before the softmax, any other the instance feature,
not normalised. The batch size stays free. The file is compared with the model before it is written.
"""
import argparse
import os
import statistics
from collections.abc import Iterator

import torch

from hico_mm.apis.onnx_export import UNTRAINED, OnnxGraph, example, export_onnx, load_for_export
from hico_mm.apis.onnx_model import OnnxModel, OnnxSpec, import_optional
from hico_mm.benchmark.cost import CLOCKS, ratio, time_interleaved
from hico_mm.utils import OptionsAction, check_writable, load_config
from hico_mm.utils.errors import readable_errors


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='config of a pre-training or of a task')
    parser.add_argument('checkpoint', help=f"its checkpoint; '{UNTRAINED}' for the untrained model")
    parser.add_argument('out', help='the .onnx file to write')
    parser.add_argument('--features', action='store_true',
                        help='instance features also of a model with a head')
    parser.add_argument('--sizes', type=int, nargs=4, metavar=('M', 'T', 'V', 'C'),
                        help='persons, frames, joints and coordinates of the input; needed only for '
                        'backbones that do not know them')
    parser.add_argument('--latency', type=int, nargs='?', const=100, default=0, metavar='ROUNDS',
                        help='also time one sequence on one CPU core, by PyTorch and by onnxruntime '
                        'in turns; 100 rounds if no number is given')
    parser.add_argument('--clock', choices=CLOCKS, default='wall',
                        help='cpu: time of the process, for a machine that is not idle')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, metavar='KEY=VALUE',
                        help='settings that override the config')
    args = parser.parse_args(argv)
    if args.latency < 0:
        parser.error(f'--latency {args.latency}: the number of rounds has to be positive')
    if not args.out.endswith('.onnx'):
        parser.error(f'{args.out}: the file has to end in .onnx')
    return args


def measure_latency(model: torch.nn.Module, spec: OnnxSpec, path: str, rounds: int,
                    clock: str = 'wall') -> Iterator[str]:
    """Time one sequence on one CPU core, by PyTorch and by onnxruntime in turns; yield three lines."""
    exported = OnnxModel(path, num_threads=1)
    graph = OnnxGraph(model, spec.output)  # without the changes that tracing needs
    joints = example(spec, 1)
    tensor = torch.from_numpy(joints)
    forms = {f'PyTorch {torch.__version__}': lambda: graph(tensor),
             f'onnxruntime {import_optional("onnxruntime").__version__}': lambda: exported(joints)}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            seconds = time_interleaved(forms, rounds, clock)
    finally:
        torch.set_num_threads(threads)
    for name, values in seconds.items():
        low, middle, high = (1e3 * f(values) for f in (min, statistics.median, max))
        yield f'{name}: {middle:.2f} ms ({low:.2f} to {high:.2f})'
    pytorch, onnxruntime = seconds.values()
    yield f'onnxruntime / PyTorch: {ratio(onnxruntime, pytorch)}'


def main() -> None:
    args = parse_args()
    with readable_errors():
        check_writable(os.path.dirname(os.path.abspath(args.out)), 'OUT')
        cfg = load_config(args.config, args.cfg_options)
        model, spec = load_for_export(cfg, args.checkpoint, not args.features, args.sizes)
        deviation = export_onnx(model, spec, args.out)
    sizes = ', '.join(map(str, spec.sizes))
    print(f'{args.out}: {os.path.getsize(args.out) / 2**20:.1f} MiB, {spec.output} from '
          f'(N, {sizes}), {spec.stream} stream; largest deviation from PyTorch {deviation:.1e} of '
          'the largest value')
    if args.latency:
        print(f'One sequence on one CPU core, {args.latency} rounds in turns, {args.clock} time; '
              'median (range)')
        for line in measure_latency(model, spec, args.out, args.latency, args.clock):
            print(line)


if __name__ == '__main__':
    main()
