"""Codes 56x: checking scenarios against the verdicts that they expect."""

from __future__ import annotations

from ksmcheck.codes.record import Code

CHECKING = (
    Code(
        "KSM561",
        "nothing to check",
        "`ksmcheck check` compares a scenario with the verdicts that its file lists in "
        "`expected`, and none of the chosen scenarios lists any.",
        'scenario(question="Can a count be lost?", properties=[counted])',
        'scenario(question="Can a count be lost?", properties=[counted],\n'
        '         expected=[Expect(verdict="holds")])',
    ),
)
