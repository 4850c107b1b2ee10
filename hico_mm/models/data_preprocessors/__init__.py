from .skeleton_preprocessor import SkeletonPreprocessor, stream_of

__all__ = ['SkeletonPreprocessor', 'stream_of']
