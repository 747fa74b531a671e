"""From a model's name to a Program: load, declare, check, lower, link.

Faults are reported a stage at a time, all of a stage at once, as a UserError.
"""

from __future__ import annotations

from attrs import evolve, frozen

from ksmcheck.diagnostics import Diagnostic, UserError, did_you_mean
from ksmcheck.frontend.actors import ActorBuilder, setup_block
from ksmcheck.frontend.builtin_properties import builtin_properties
from ksmcheck.frontend.check import check_functions
from ksmcheck.frontend.declare import Declarations, declare
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.fields import FieldReader
from ksmcheck.frontend.link import condition_of, digest_of, prune
from ksmcheck.frontend.loader import Loader, Module, shipped_models
from ksmcheck.frontend.patches import applied, outside
from ksmcheck.frontend.properties import PropertyBuilder, observed, witnesses_of
from ksmcheck.frontend.reachable import survey
from ksmcheck.frontend.scenario import Scenario, parameters_of, read_scenario
from ksmcheck.frontend.schema import Schema
from ksmcheck.frontend.symbols import FunctionKind, FunctionSymbol, Universe
from ksmcheck.frontend.tree import Function
from ksmcheck.ir.collector import collector_paused
from ksmcheck.ir.fold import reads
from ksmcheck.ir.program import Actor, BuiltinCheck, Expectation, Identity, Patch, Program, Property
from ksmcheck.ir.step import Block


@frozen
class CompileOptions:
    """What the user chose: kernel (None: the scenario's), patches, parameters, checks off."""

    kernel: str | None = None
    with_: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    parameters: tuple[tuple[str, int], ...] = ()
    disabled: tuple[BuiltinCheck, ...] = ()

    @classmethod
    def of(cls, expected: Expectation) -> CompileOptions:
        """The configuration that a scenario declares a verdict for."""
        return cls(
            kernel=expected.kernel,
            with_=expected.patches,
            without=expected.without,
            parameters=expected.parameters,
            disabled=expected.disabled,
        )


@frozen
class Summary:
    """What `list` shows of a scenario."""

    name: str
    file: str
    question: str
    kernel: str
    parameters: tuple[tuple[str, int, str], ...]
    patches: tuple[Patch, ...]
    properties: tuple[tuple[str, str], ...]
    expected: tuple[Expectation, ...]
    doc: str


@frozen
class _Loaded:
    main: Module
    errors: Errors
    declarations: Declarations
    scenario: Scenario


def compile_model(model: str, options: CompileOptions = CompileOptions()) -> Program:
    """Compile the scenario ``model`` (a shipped name, or the path of a .py file).

    Raises UserError when the model or the options are wrong.
    """
    try:
        with collector_paused():
            return _compile(model, options)
    except RecursionError:
        raise UserError([_too_deep(model)]) from None


def _compile(model: str, options: CompileOptions) -> Program:
    loaded = _load(model, options)
    errors, declarations, scenario = loaded.errors, loaded.declarations, loaded.scenario
    universe = declarations.universe
    kernel = options.kernel if options.kernel is not None else scenario.kernel
    universe.patches = applied(scenario.patches, kernel, options.with_, options.without, errors)
    actors = _actors(loaded)
    FieldReader(declarations, errors, scenario).run()
    functions = check_functions(universe, errors)
    witnesses = witnesses_of(universe, errors)
    errors.stop_if_any()
    return _link(loaded, options, kernel, actors, functions, witnesses)


def summarise(model: str) -> Summary:
    """Read a scenario's declarations without compiling its routines.

    Raises UserError when they are wrong.
    """
    try:
        loaded = _load(model, CompileOptions())
    except RecursionError:
        raise UserError([_too_deep(model)]) from None
    loaded.errors.stop_if_any()
    scenario = loaded.scenario
    properties = tuple((item.name, item.source) for item in scenario.properties)
    parameters = tuple(
        (item.name, item.default, item.summary)
        for item in parameters_of(loaded.declarations).values()
    )
    return Summary(
        loaded.main.name,
        loaded.main.file,
        scenario.question,
        scenario.kernel,
        parameters,
        scenario.patches,
        properties,
        tuple(scenario.expected),
        loaded.main.doc,
    )


def model_names() -> tuple[str, ...]:
    """The names of the shipped scenarios."""
    return tuple(shipped_models())


def _too_deep(model: str) -> Diagnostic:
    return Diagnostic(
        "KSM013",
        f"something in {model} is nested too deeply",
        hint="split the expression, or move a part into a routine",
    )


def _load(model: str, options: CompileOptions) -> _Loaded:
    errors = Errors()
    loader = Loader(errors)
    main = loader.load_model(model)
    errors.stop_if_any()
    if main is None:
        raise UserError([Diagnostic("KSM002", f"no model is called '{model}'")])
    universe = Universe(parameters=dict(options.parameters))
    declarations = declare(loader, errors, universe)
    scenario = read_scenario(declarations, main, errors)
    if scenario is None:
        raise UserError(errors.in_order(), errors.sources)
    universe.known_patches = frozenset(patch.id for patch in scenario.patches)
    universe.config = scenario.config
    _check_parameters(declarations, options, errors)
    return _Loaded(main, errors, declarations, scenario)


def _check_parameters(declarations: Declarations, options: CompileOptions, errors: Errors) -> None:
    known = parameters_of(declarations)
    for name, value in options.parameters:
        if name not in known:
            errors.add(
                "KSM503",
                f"this model has no parameter '{name}'",
                None,
                did_you_mean(name, known) or "it has no parameters",
            )
        elif not known[name].at_least <= value <= known[name].at_most:
            errors.add(
                "KSM504",
                f"{name}={value} is outside {known[name].at_least} to {known[name].at_most}",
                None,
                known[name].summary,
            )


def _actors(loaded: _Loaded) -> list[FunctionSymbol]:
    """The actors of the scenario's own file, in order; their names become the lock holders."""
    scope = loaded.declarations.universe.scopes[loaded.main.name]
    actors = [
        symbol
        for symbol in scope.values()
        if isinstance(symbol, FunctionSymbol)
        and symbol.kind is FunctionKind.ACTOR
        and symbol.module is loaded.main
    ]
    if not actors:
        loaded.errors.add(
            "KSM023",
            "this scenario has no actor",
            loaded.scenario.span,
            "write `@actor def A() -> None: ...` for each thread that runs",
        )
    names: list[str] = []
    for symbol in actors:
        if symbol.count is None:
            names.append(symbol.name)
        else:
            names += [f"{symbol.name}{number}" for number in range(symbol.count)]
    if len(names) > 14:
        loaded.errors.add(
            "KSM024",
            f"{len(names)} actors are too many",
            loaded.scenario.span,
            "a model has at most 14: each more multiplies the states",
        )
    loaded.declarations.universe.actors = tuple(names)
    return actors


def _setup(loaded: _Loaded) -> FunctionSymbol | None:
    scope = loaded.declarations.universe.scopes[loaded.main.name]
    found = [
        symbol
        for symbol in scope.values()
        if isinstance(symbol, FunctionSymbol)
        and symbol.kind is FunctionKind.SETUP
        and symbol.module is loaded.main
    ]
    for extra in found[1:]:
        loaded.errors.add(
            "KSM025",
            "a scenario has one @setup",
            extra.span,
            f"the first one is '{found[0].name}' in line {found[0].span.line}: call one from it",
        )
    return found[0] if found else None


def _link(
    loaded: _Loaded,
    options: CompileOptions,
    kernel: str,
    actors: list[FunctionSymbol],
    functions: dict[int, Function],
    witnesses: dict[int, FunctionSymbol],
) -> Program:
    errors, declarations, scenario = loaded.errors, loaded.declarations, loaded.scenario
    universe = declarations.universe
    statics = {name: len(found) for name, found in declarations.instances.items()}
    schema = Schema(universe, errors, frozenset(options.disabled), statics)
    setup_symbol = _setup(loaded)
    survey(schema, functions, actors + ([setup_symbol] if setup_symbol else []))
    builder = ActorBuilder(schema, errors, functions)
    builder.lower(actors)
    setup = setup_block(schema, errors, functions, setup_symbol)
    properties = [
        PropertyBuilder(schema, errors, functions, witnesses).build(symbol)
        for symbol in scenario.properties
    ]
    errors.stop_if_any()
    seen = {read.variable for item in observed(tuple(properties)) for read in reads(item)}
    builder.analyse(frozenset(seen))
    built = builder.cut()
    errors.stop_if_any()
    return _assemble(loaded, options, kernel, schema, built, setup, tuple(properties))


def _assemble(
    loaded: _Loaded,
    options: CompileOptions,
    kernel: str,
    schema: Schema,
    built: tuple[Actor, ...],
    setup: Block,
    properties: tuple[Property, ...],
) -> Program:
    checks = builtin_properties(schema, built)
    program = Program(
        _identity(loaded, kernel),
        (*schema.variables, *condition_of(schema.variables)),
        built,
        setup,
        (*properties, *checks),
        tuple(schema.faults),
        tuple(schema.edges),
        tuple(options.disabled),
        "",
    )
    pruned = prune(program)
    return evolve(pruned, digest=digest_of(pruned))


def _identity(loaded: _Loaded, kernel: str) -> Identity:
    scenario, universe = loaded.scenario, loaded.declarations.universe
    known = parameters_of(loaded.declarations)
    values = tuple(
        (name, universe.parameters.get(name, item.default)) for name, item in sorted(known.items())
    )
    pools = tuple((struct.name, struct.pool) for struct in universe.structs.values() if struct.pool)
    every = [patch.id for patch in scenario.patches]
    order, released = universe.patches, applied(scenario.patches, kernel, (), (), loaded.errors)
    return Identity(
        loaded.main.name,
        loaded.main.file,
        scenario.question,
        kernel,
        tuple(name for name in every if name in order),
        values,
        pools,
        added=tuple(name for name in every if name in order - released),
        removed=tuple(name for name in every if name in released - order),
        kernel_note=outside(kernel, _versions(loaded)),
    )


def _versions(loaded: _Loaded) -> set[str]:
    """The kernel versions that the model knows something of."""
    scopes = loaded.declarations.universe.scopes.values()
    routines = {
        symbol.kernel
        for scope in scopes
        for symbol in scope.values()
        if isinstance(symbol, FunctionSymbol)
    }
    releases = {patch.release for patch in loaded.scenario.patches}
    return routines | releases | {loaded.scenario.kernel}
