"""A bracket is never closed."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
y: Annotated[int, Range(0, 3)


scenario(question="?", kernel="", properties=[])
