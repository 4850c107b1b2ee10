"""The version, apart from the package, so that nothing inside has to import it."""
__version__ = '0.1.0'
