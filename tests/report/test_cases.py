"""What is checked, and what is wrong with it: the cases, and faults of several models as one."""

from __future__ import annotations

import pytest

from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.ir.program import Expectation, Program
from ksmcheck.ir.source import Span
from ksmcheck.report.cases import ModelReader, Scenario, merged, prepare
from tests.trace.tiny_model import tiny_program

HOLDS = Expectation("v2.6.35", (), (), "holds", "")
FIXED = Expectation("v2.6.36", ("recheck",), (("slots", 2),), "holds", "")
HERE = Span("race.py", 3, 0, 3, 4)


def scenario(given: str) -> Scenario:
    return Scenario(given, given.removesuffix(".py"), "v2.6.35", (HOLDS, FIXED))


def test_a_case_gives_its_program_back() -> None:
    program = tiny_program()
    cases, silent = prepare(("race.py",), ModelReader(scenario, lambda *_: program))
    assert [case.program() for case in cases] == [program, program]
    assert [case.digest for case in cases] == [program.digest] * 2
    assert cases[0].command == "ksmcheck explore --model race.py"
    assert cases[1].flags == "--kernel v2.6.36 --with recheck --set slots=2"
    assert silent == ()


def test_faults_of_all_configurations_are_told_once() -> None:
    def refuse(model: str, expected: Expectation) -> Program:
        found = [Diagnostic("KSM301", "no such name", HERE)]
        if expected is FIXED:
            found.append(Diagnostic("KSM504", "slots=2 is outside 0 to 1"))
        raise UserError(found, {"race.py": "text"})

    def lost(given: str) -> Scenario:
        if given == "lost":
            raise UserError([Diagnostic("KSM002", "no model is called 'lost'")])
        return scenario(given)

    with pytest.raises(UserError) as raised:
        prepare(("race.py", "lost"), ModelReader(lost, refuse))
    assert [item.code for item in raised.value.diagnostics] == ["KSM301", "KSM504", "KSM002"]
    assert raised.value.diagnostics[1].notes == (
        "in the expected configuration: race.py --kernel v2.6.36 --with recheck --set slots=2",
    )
    assert raised.value.sources == {"race.py": "text"}


def test_two_files_shown_alike_lose_their_excerpts() -> None:
    one, other = (UserError([], {"pages.py": text, "a.py": "a"}) for text in ("one", "other"))
    assert merged([one, other]).sources == {"pages.py": "", "a.py": "a"}
