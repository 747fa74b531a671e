"""A ConfigOption without a summary."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
OPTIONS = [ConfigOption(id="CONFIG_KSM")]


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
