"""Promela export: the same model for a checker that nobody here wrote.

Reading order: paths (a step as guarded paths), text (expressions), export (the file).
"""

from ksmcheck.backends.promela.export import export

__all__ = ["export"]
