"""Codes 30x and 31x: names, constants, parameters, patches."""

from __future__ import annotations

from ksmcheck.codes.record import Code

NAMES = (
    Code(
        "KSM301",
        "an unknown name",
        "Nothing of this name can be seen here. Names are looked up among the function's "
        "locals and then at the top of the file, imports included. A name that only Python "
        "has (`print`, `min`) is refused as such.",
        "x = lenght",
        "x = length",
    ),
    Code(
        "KSM302",
        "an unknown type, field or member",
        "The struct has no such field, the Enum no such member, the word no variant with that "
        "field, or no type has this name. Close names are suggested, of the right kind only.",
        "x = page.mapcuont",
        "x = page.mapcount",
    ),
    Code(
        "KSM303",
        "a name that is defined twice",
        "A file gives each name one meaning. Imported names count as well.",
        "x: bool\nx: bool",
        "x: bool\ny: bool",
    ),
    Code(
        "KSM304",
        "a value that is not constant",
        "`NAME = value` at the top of a file declares a constant, computed from numbers, "
        "constants and parameters with + - * // % and <<. A shared variable is declared with "
        "its type. What is patched or configured is asked in routines, where it is known.",
        "LIMIT = x + 1",
        "x: Annotated[int, Range(0, 3)]",
    ),
    Code(
        "KSM305",
        "an unknown patch",
        '`patched("id")` and `Expect(patches=[...])` name patches of the scenario\'s list. An '
        'unknown one would silently be "not applied", so it is refused.',
        'if patched("swapin-rechek"): ...',
        'if patched("swapin-recheck"): ...',
    ),
    Code(
        "KSM306",
        "patched() or configured() without a literal",
        "Whether a patch is applied or an option configured is decided when the model is "
        "compiled, so its id is a string literal.",
        "patched(x)",
        'patched("swapin-recheck")',
    ),
    Code(
        "KSM307",
        "something that must be a constant integer",
        "Sizes, bounds of ranges and of loops, and defaults of parameters are known when the "
        "model is compiled: numbers, constants of the file, parameters of the model.",
        "Annotated[Array[bool], Size(x)]",
        "Annotated[Array[bool], Size(3)]",
    ),
    Code(
        "KSM308",
        "a wrong parameter(...)",
        "A parameter of a model has a default, a sentence that says what it counts, and "
        "bounds; the default lies within them. `--set NAME=VALUE` chooses another value.",
        'slots = parameter(5, "swap slots", at_most=3)',
        'slots = parameter(2, "swap slots", at_least=1, at_most=3)',
    ),
    Code(
        "KSM309",
        "an unknown argument of @struct",
        "`@struct` is a slab object, `@struct(permanent=True)` is like struct page (touching "
        "a free one is no fault), `@struct(typesafe_by_rcu=True)` is SLAB_TYPESAFE_BY_RCU.",
        "@struct(static=True)",
        "@struct(permanent=True)",
    ),
    Code(
        "KSM310",
        "an incomplete Patch or ConfigOption",
        "Each Patch record has id, commit, title, date, release and summary, each "
        "ConfigOption id and summary, all string literals: they are printed beside verdicts.",
        'Patch(id="recheck")',
        "Patch(\n"
        '    id="recheck",\n'
        '    commit="4969c1192d15",\n'
        '    title="...",\n'
        '    date="2010-09-10",\n'
        '    release="v2.6.36",\n'
        '    summary="...",\n'
        ")",
    ),
    Code(
        "KSM311",
        "a wrong scenario(...) or Expect(...)",
        "scenario() takes question, kernel, patches, config, pools, properties and expected; "
        "Expect() takes verdict, property, kernel, patches, without, set and disable_checks. "
        "Verdicts are holds, violated, vacuous and inconclusive.",
        'scenario(kernal="v2.6.35")',
        'scenario(kernel="v2.6.35")',
    ),
    Code(
        "KSM312",
        "a function that can end without a value",
        "A function with `-> TYPE` returns a value on every path; a `match` must cover all "
        "variants or have `case _`. A path that cannot happen is written `assert False`.",
        "if page is None:\n    return False",
        "if page is None:\n    return False\nreturn True",
    ),
    Code(
        "KSM313",
        "a local that may be read before it is assigned",
        "On some path nothing was stored in the local yet. A loop variable has no value after "
        "its loop, because the loop is unrolled.",
        "if flag:\n    y = 1\nx = y",
        "y = 0\nif flag:\n    y = 1\nx = y",
    ),
    Code(
        "KSM314",
        "an unknown configuration option",
        '`configured("CONFIG_KSM")` and `scenario(config=[...])` name options that a list of '
        "`ConfigOption(...)` records declares, in this file or in one that it imports. An "
        'unknown one would silently be "not configured", so it is refused.',
        'if configured("CONFIG_KMS"): ...',
        'OPTIONS = [ConfigOption(id="CONFIG_KSM", summary="...")]\n'
        'if configured("CONFIG_KSM"): ...',
    ),
)
