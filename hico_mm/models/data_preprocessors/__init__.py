from .skeleton_preprocessor import SkeletonPreprocessor

__all__ = ['SkeletonPreprocessor']
