"""Installs hico_mm; see README.md for the two commands that matter."""
import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r"__version__ = '([^']+)'", (HERE / 'hico_mm/__init__.py').read_text()).group(1)

setup(
    name='hico_mm',
    version=VERSION,
    description='HiCo: hierarchical contrast for skeleton-based action recognition, in MMAction2',
    long_description=(HERE / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    packages=find_packages(include=['hico_mm', 'hico_mm.*']),
    python_requires='>=3.10',
    install_requires=[
        # Below 2.6 `torch.load` unpickles anything by default; from 2.14 on nothing was tested.
        'torch>=2.6,<2.14',
        'numpy>=1.23',
        'mmengine>=0.10.4,<1',
        'mmaction2>=1.2.0,<1.3',
        'scipy',
        'importlib_metadata',  # imported, but not declared, by mmaction2 1.2.0
    ],
    extras_require={
        # Both provide the module `mmcv` and must not be installed together, so each is an extra.
        # mmaction2 1.2.0 refuses mmcv 2.2.
        'lite': ['mmcv-lite>=2.0.0,<2.2'],
        'full': ['mmcv>=2.0.0,<2.2'],
        'figures': ['scikit-learn'],  # t-SNE; matplotlib comes with mmengine
        'deploy': ['onnx', 'onnxruntime'],
        'tensorboard': ['tensorboard'],
        'test': ['pytest>=7', 'scikit-learn', 'onnx', 'onnxruntime'],
    },
)
