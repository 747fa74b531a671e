"""A misspelt configuration option."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
OPTIONS = [ConfigOption(id="CONFIG_KSM", summary="Pages with equal contents are merged.")]


@actor
def running() -> None:
    global x
    if configured("CONFIG_KMS"):
        x = 1


scenario(question="?", kernel="", properties=[])
