"""A model with a fault of each of two kinds."""

from ksmcheck.lang import *

flag: bool


@actor
def reader() -> None:
    copied = flagg
    import os


scenario(question="?", kernel="", properties=[])
