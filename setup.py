"""Installs hico_mm; see README.md for the two commands that matter."""
import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
VERSION = re.search(r"__version__ = '([^']+)'", (HERE / 'hico_mm/version.py').read_text()).group(1)


def files_of(*folders: str) -> list[str]:
    """Paths, from here, of all files in folders."""
    return [str(path) for folder in folders for path in sorted(Path(folder).rglob('*'))
            if path.is_file() and path.suffix != '.pyc']


class BuildPy(build_py):
    """Packs configs and tools with the package, in the folder where OpenMMLab's tools look for them."""

    def run(self) -> None:
        super().run()
        if getattr(self, 'editable_mode', False):  # the checkout has them
            return
        mim = Path(self.build_lib, 'hico_mm/.mim')
        shutil.rmtree(mim, ignore_errors=True)  # of an earlier build, with what has been removed since
        for path in files_of('configs', 'tools'):
            self.mkpath(str((mim / path).parent))
            self.copy_file(path, str(mim / path))

    def get_source_files(self) -> list[str]:
        """What an sdist holds, beside what setuptools finds by itself."""
        return [*super().get_source_files(), *files_of('configs', 'tools', 'tests'), '.pytest.ini']


setup(
    name='hico_mm',
    version=VERSION,
    description='HiCo: hierarchical contrast for skeleton-based action recognition, in MMAction2',
    long_description=(HERE / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    packages=find_packages(include=['hico_mm', 'hico_mm.*']),
    package_data={'hico_mm': ['py.typed', 'README.md']},
    entry_points={'console_scripts': ['hico_mm = hico_mm.__main__:main']},
    cmdclass={'build_py': BuildPy},
    python_requires='>=3.10',  # tried up to 3.13
    install_requires=[
        # What MMAction2 1.2 is used with is left as it is. .ci/floor tries the oldest; 2.14 is untried.
        'torch>=2.1,<2.14',
        'numpy>=1.23,<3',  # tried with 1.26 and 2
        'mmengine>=0.10.4,<1',
        'mmaction2>=1.2.0,<1.3',
        'scipy',
        'importlib_metadata',  # imported, but not declared, by mmaction2 1.2.0
    ],
    extras_require={
        # Both provide the module `mmcv` and must not be installed together, so each is an extra.
        # mmaction2 1.2.0 refuses mmcv 2.2.
        'lite': ['mmcv-lite>=2.0.0,<2.2'],
        'full': ['mmcv>=2.0.0,<2.2'],  # for one that is there: pip's own build of it needs torch before
        'figures': ['scikit-learn'],  # t-SNE; matplotlib comes with mmengine
        'deploy': ['onnx', 'onnxruntime'],
        'tensorboard': ['tensorboard'],
        'test': ['pytest>=7', 'pytest-xdist', 'scikit-learn', 'onnx', 'onnxruntime'],
    },
)
