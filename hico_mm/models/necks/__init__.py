from .projectors import Projectors

__all__ = ['Projectors']
