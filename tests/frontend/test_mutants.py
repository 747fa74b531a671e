"""Mutants of real models: every one compiles or is refused with a message, never with a traceback.

A mutant is a shipped or textbook model with a few tokens deleted, doubled, swapped or replaced by
tokens of the vocabulary. Whatever comes out, the front end gives a Program or a UserError whose
messages can be rendered.
"""

from __future__ import annotations

import io
import random
import time
import tokenize
from pathlib import Path

import pytest

from ksmcheck.diagnostics import UserError, render
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.frontend.vocabulary import NAMES
from ksmcheck.ir.program import Program

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted(
    [
        *(ROOT / "tests" / "textbook").glob("*.py"),
        *(ROOT / "tests" / "checks").glob("[a-z]*.py"),
        *(ROOT / "models").glob("*.py"),
        *(ROOT / "tests" / "frontend" / "good").glob("*.py"),
    ]
)
MODELS = [path for path in SOURCES if "\nscenario(" in path.read_text(encoding="utf-8")]
SIGNS = "( ) [ ] { } : , . = == != < + - * // / % | -> @ 0 1 2 -1 99999 1.5 None True not and is in"
PYTHON = "if while for return break pass yield await del ** ... int bool len(x) range(3) pool(Page)"
PHRASES = ("'text'", "x", "me", "global x", "lambda: 0", "[i for i in x]", "old(x)", "(y := 1)")
WORDS = sorted(NAMES | {*SIGNS.split(), *PYTHON.split(), *PHRASES})
FEW_SECONDS = 8.0
MUTANTS = 400
MANY_SECONDS = 600.0
MANY_MUTANTS = 20_000


def tokens_of(text: str) -> list[tokenize.TokenInfo]:
    """The tokens of a file that a mutation may touch."""
    layout = (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.COMMENT, tokenize.NL)
    found = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token for token in found if token.type not in layout]


def mutate(text: str, chance: random.Random) -> str:
    """``text`` with some tokens changed; half the time one, by another of its kind."""
    gentle = chance.random() < 0.5
    lines = text.splitlines(keepends=True)
    tokens = [token for token in tokens_of(text) if token.start[0] == token.end[0]]
    for token in chance.sample(tokens, min(len(tokens), chance.randint(1, 1 if gentle else 3))):
        row, start, end = token.start[0] - 1, token.start[1], token.end[1]
        line = lines[row]
        alike = chance.choice([item for item in tokens if item.type == token.type]).string
        if gentle:
            new = alike
        else:
            other = chance.choice(tokens).string
            double = f"{token.string} {token.string}"
            word = chance.choice(WORDS)
            new = chance.choice(["", double, other, alike, word, token.string[:-1]])
        lines[row] = line[:start] + new + line[end:]
    if chance.random() < 0.15:
        lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    if chance.random() < 0.1:
        lines.pop(chance.randrange(len(lines)))
    return "".join(lines)


def compiled(path: Path) -> Program | UserError:
    """What compiling a file gives; anything else is raised."""
    try:
        return compile_model(str(path), CompileOptions())
    except UserError as error:
        return error


def outcome(path: Path) -> str:
    """What compiling gives: "program" or the code of the first message."""
    result = compiled(path)
    if not isinstance(result, UserError):
        return "program"
    assert result.diagnostics
    for item in result.diagnostics:
        assert item.code.startswith("KSM")
        assert render(item, result.sources)
    return result.diagnostics[0].code


def survive(folder: Path, seed: int, mutants: int, seconds: float) -> dict[str, int]:
    """Compile mutants until the number or the time is reached; gives how often each outcome."""
    chance = random.Random(seed)
    seen: dict[str, int] = {}
    stop = time.process_time() + seconds
    path = folder / "mutant.py"
    for _ in range(mutants):
        if time.process_time() > stop:
            break
        original = chance.choice(MODELS)
        text = mutate(original.read_text(encoding="utf-8"), chance)
        path.write_text(text, encoding="utf-8")
        try:
            result = outcome(path)
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error}\nin a mutant of {original.name}:\n{text}")
        seen[result] = seen.get(result, 0) + 1
    return seen


def test_mutants_compile_or_are_refused(tmp_path: Path) -> None:
    seen = survive(tmp_path, seed=1, mutants=MUTANTS, seconds=FEW_SECONDS)
    assert len(seen) > 10, "the mutants are too much alike to test anything"


@pytest.mark.slow
def test_many_mutants_compile_or_are_refused(tmp_path: Path) -> None:
    survive(tmp_path, seed=2, mutants=MANY_MUTANTS, seconds=MANY_SECONDS)
