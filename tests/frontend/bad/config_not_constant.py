"""The option of configured() is a literal."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
OPTIONS = [ConfigOption(id="CONFIG_KSM", summary="Pages with equal contents are merged.")]


@actor
def running() -> None:
    global x
    if configured(x):
        x = 1


scenario(question="?", kernel="", properties=[])
