"""Codes 0xx: the model file, its imports, its scenario."""

from __future__ import annotations

from ksmcheck.codes.record import Code

FILES = (
    Code(
        "KSM001",
        "the model file is not there",
        "A name that ends in `.py` or contains `/` is the path of a model file; here there is "
        "no readable file at that path, or it is a folder. A word without `.py` is the name "
        "of a shipped model.",
        "ksmcheck explore --model models/",
        "ksmcheck explore --model models/swapin_race.py",
    ),
    Code(
        "KSM002",
        "no shipped model has this name",
        "A model is named as `ksmcheck list` shows it, without folder and without `.py`. A "
        "model of your own is given by its path, which ends in `.py`.",
        "ksmcheck explore --model swapin_rase",
        "ksmcheck explore --model swapin_race",
    ),
    Code(
        "KSM003",
        "the file cannot be read",
        "The file is there and its permissions forbid reading it, or its bytes are not UTF-8 "
        "text. Model files are Python source in UTF-8.",
        "chmod 000 my_model.py",
        "chmod 644 my_model.py",
    ),
    Code(
        "KSM011",
        "the file is not Python",
        "Model files are parsed by Python's own parser before anything else is looked at, so "
        "one missing colon or bracket stops everything. The caret is where Python noticed; "
        "the fault may stand a little before it.",
        "def running() -> None",
        "def running() -> None:",
    ),
    Code(
        "KSM012",
        "an imported module is not there",
        "A model imports `ksmcheck.lang`, shipped modules (`models.kernel.page`, "
        "`properties.refcounts`) and files beside itself. Files are parsed, never executed, "
        "so Python's libraries have no meaning in a model.",
        "from random import randint",
        "x = choose(range(3))",
    ),
    Code(
        "KSM013",
        "something is nested too deeply",
        "An expression or a block has more levels than the compiler follows. Generated models "
        "run into this; models that people write do not.",
        "x = 1 + 1 + 1 + ...  (thousands of terms)",
        "split the expression, or move a part into a routine",
    ),
    Code(
        "KSM014",
        "a declaration that waits for itself",
        "Two files may import each other: types of fields and bodies of functions are read when "
        "all files are declared. A constant, a base class, the struct of an instance and the "
        "arguments of a decorator are needed to declare the file itself, so they cannot come "
        "from a file that imports this one. Move them into a third file.",
        "a.py: from b import LIMIT; LAST = LIMIT - 1      b.py: from a import Page",
        "a.py: from limits import LIMIT; LAST = LIMIT - 1      b.py: from a import Page",
    ),
    Code(
        "KSM021",
        "the file has no scenario",
        "A file that is explored says who runs and how many of everything, with one "
        "`scenario(...)` at its top level. A file that holds only routines is imported by a "
        "scenario.",
        "(no scenario)",
        'scenario(question="Can a count be lost?", pools={Page: 2}, properties=[])',
    ),
    Code(
        "KSM022",
        "the file has two scenarios",
        "One file is one question. Parameters (`--set`) and patches (`--with`) vary a "
        "scenario; another question is another file that imports the same routines.",
        'scenario(question="A?")\nscenario(question="B?")',
        'scenario(question="A?")',
    ),
    Code(
        "KSM023",
        "nobody runs",
        "A scenario needs at least one `@actor` in its own file: imported actors do not run. "
        "An actor is one thread of execution.",
        "@routine\ndef touch() -> None: ...",
        "@actor\ndef A() -> None:\n    touch()",
    ),
    Code(
        "KSM024",
        "too many actors",
        "A model has at most 14 actors, because each multiplies the states. Two or three show "
        "nearly every race.",
        "@actor(count=20)",
        "@actor(count=2)",
    ),
    Code(
        "KSM025",
        "two setup functions",
        "A scenario has one `@setup`, which runs as a single step before anybody else. Put "
        "everything into it, or call routines from it.",
        "@setup\ndef one() -> None: ...\n@setup\ndef two() -> None: ...",
        "@setup\ndef prepare() -> None:\n    one()\n    two()",
    ),
)
