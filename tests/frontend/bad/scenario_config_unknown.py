"""A scenario has an option that nobody declares."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
OPTIONS = [ConfigOption(id="CONFIG_KSM", summary="Pages with equal contents are merged.")]


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", config=["CONFIG_KMS"], properties=[])
