from .skeleton_preprocessor import STREAMS, SkeletonPreprocessor, derive_stream, stream_of

__all__ = ['STREAMS', 'SkeletonPreprocessor', 'derive_stream', 'stream_of']
