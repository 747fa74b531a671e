"""What is configured is asked in routines."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
OPTIONS = [ConfigOption(id="CONFIG_KSM", summary="Pages with equal contents are merged.")]
LIMIT = 3 if configured("CONFIG_KSM") else 1
with_ksm = configured("CONFIG_KSM")


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
