"""Python constructs that models do not have: what a person calls them, what to write instead."""

from __future__ import annotations

import ast

from attrs import frozen


@frozen
class Construct:
    """A refused construct: ``name`` as a sentence's subject, ``instead`` as its hint."""

    name: str
    instead: str


WALK = "write a for loop over pool(X) or range(n)"
EXCEPTIONS = "the kernel has no exceptions: return an error, or `assert` what must be true"
ONE_BY_ONE = "assign one name at a time"
EVERYTHING_RUNS = "every interleaving is explored anyway: write `def`"

CONSTRUCTS: dict[type[ast.AST], Construct] = {
    ast.Lambda: Construct("a lambda", "write a @routine"),
    ast.NamedExpr: Construct("`:=`", "assign on a line of its own"),
    ast.ListComp: Construct("a list comprehension", WALK),
    ast.SetComp: Construct("a set comprehension", WALK),
    ast.DictComp: Construct("a dictionary comprehension", WALK),
    ast.GeneratorExp: Construct(
        "a generator expression", "use it inside all(), any() or sum() of a property"
    ),
    ast.JoinedStr: Construct("an f-string", "the state has no strings"),
    ast.List: Construct("a list", "declare an array: `Annotated[Array[T], Size(N)]`"),
    ast.Tuple: Construct("a tuple", ONE_BY_ONE),
    ast.Dict: Construct("a dictionary", "declare an array, or a field of a struct"),
    ast.Set: Construct("a set display", "declare a `Set[Struct]` and `.add(x)` to it"),
    ast.Await: Construct("`await`", EVERYTHING_RUNS),
    ast.Yield: Construct("`yield`", "return one value, or store it in a shared variable"),
    ast.YieldFrom: Construct("`yield from`", "call the routine"),
    ast.Slice: Construct("a slice", "index one cell: an access reads or writes one"),
    ast.Starred: Construct("`*`", "write the arguments one by one"),
    ast.Try: Construct("`try`", EXCEPTIONS),
    ast.TryStar: Construct("`try`", EXCEPTIONS),
    ast.Raise: Construct("`raise`", EXCEPTIONS),
    ast.Delete: Construct("`del`", "free(x) frees an object; a dead local is forgotten by itself"),
    ast.FunctionDef: Construct(
        "a function inside a function", "move it to the top of the file, with its decorator"
    ),
    ast.AsyncFunctionDef: Construct("an async function", EVERYTHING_RUNS),
    ast.AsyncFor: Construct("`async for`", EVERYTHING_RUNS),
    ast.AsyncWith: Construct("`async with`", EVERYTHING_RUNS),
    ast.ClassDef: Construct("a class inside a function", "move it to the top of the file"),
    ast.Import: Construct("an import inside a function", "move it to the top of the file"),
    ast.ImportFrom: Construct("an import inside a function", "move it to the top of the file"),
    ast.Nonlocal: Construct("`nonlocal`", "write `global x` for a shared variable"),
}

OPERATORS: dict[type[ast.AST], Construct] = {
    ast.Div: Construct("the operator `/`", "write `//`: there are no fractions"),
    ast.Pow: Construct("the operator `**`", "the operators are + - * // %"),
    ast.MatMult: Construct("the operator `@`", "the operators are + - * // %"),
    ast.LShift: Construct("the operator `<<`", "multiply by a power of two"),
    ast.RShift: Construct("the operator `>>`", "divide by a power of two with `//`"),
    ast.BitAnd: Construct("the operator `&`", "use one bool field for each flag, and `and`"),
    ast.BitOr: Construct("the operator `|`", "use one bool field for each flag, and `or`"),
    ast.BitXor: Construct("the operator `^`", "use `!=` on bools"),
    ast.Invert: Construct("the operator `~`", "use one bool field for each flag, and `not`"),
    ast.UAdd: Construct("the sign `+`", "leave it out"),
}


def construct(node: ast.AST) -> Construct:
    """What a refused piece of syntax is called, and what stands for it."""
    match node:
        case ast.BinOp(op=op) | ast.UnaryOp(op=op) | ast.AugAssign(op=op):
            return OPERATORS.get(type(op), Construct("this operator", "use + - * // %"))
        case _:
            unknown = Construct("this construct", "see docs/language.md for what is")
            return CONSTRUCTS.get(type(node), unknown)
