"""Base of the transforms."""
import inspect

from mmcv.transforms import BaseTransform


class Transform(BaseTransform):
    """A transform whose arguments are attributes, too, and make its representation."""

    def __repr__(self) -> str:
        options = ', '.join(f'{name}={getattr(self, name)!r}'
                            for name in inspect.signature(type(self)).parameters)
        return f'{type(self).__name__}({options})'
