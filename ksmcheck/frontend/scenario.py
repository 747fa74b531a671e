"""Reads the scenario(...) call: question, kernel, pools, properties, expected verdicts."""

from __future__ import annotations

import ast

from attrs import define, field

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.constants import NO_OPTION, ConstantEvaluator
from ksmcheck.frontend.declare import Declarations
from ksmcheck.frontend.errors import Errors, name_span
from ksmcheck.frontend.loader import Module
from ksmcheck.frontend.symbols import (
    DomainSymbol,
    FunctionKind,
    FunctionSymbol,
    Parameter,
    ParameterSet,
    PatchList,
    StructSymbol,
    Unresolved,
)
from ksmcheck.ir.program import BuiltinCheck, Expectation, Patch
from ksmcheck.ir.source import Span

VERDICTS = ("holds", "violated", "vacuous", "inconclusive")
EXPECT_ARGUMENTS = (
    "verdict",
    "kernel",
    "property",
    "patches",
    "without",
    "set",
    "disable_checks",
)
ARGUMENTS = (
    "question",
    "kernel",
    "patches",
    "config",
    "pools",
    "symbols",
    "properties",
    "expected",
)


@define
class Scenario:
    """What the scenario(...) call says, names resolved but pools not yet counted."""

    module: Module
    span: Span
    question: str = ""
    kernel: str = ""
    patches: tuple[Patch, ...] = ()
    config: frozenset[str] = frozenset()
    pool_nodes: list[tuple[StructSymbol, ast.expr]] = field(factory=list)
    symbol_nodes: list[tuple[DomainSymbol, ast.expr]] = field(factory=list)
    properties: list[FunctionSymbol] = field(factory=list)
    expected: list[Expectation] = field(factory=list)


@define
class ScenarioReader:
    """Reads one scenario call; faults are reported and what they name is left out."""

    declarations: Declarations
    errors: Errors
    scenario: Scenario
    expected_properties: list[tuple[ast.expr, str]] = field(factory=list)

    @property
    def _constants(self) -> ConstantEvaluator:
        return ConstantEvaluator(self.declarations.universe, self.errors, self.scenario.module)

    def read(self, call: ast.Call) -> None:
        """Fill the scenario from the call's keyword arguments."""
        if call.args:
            self._fault(
                call.args[0],
                "scenario() takes keyword arguments only",
                "write `question=..., pools=..., properties=...`",
            )
        for keyword in call.keywords:
            match keyword.arg:
                case "question":
                    self.scenario.question = self._string(keyword.value)
                case "kernel":
                    self.scenario.kernel = self._string(keyword.value)
                case "patches":
                    self._patches(keyword.value)
                case "config":
                    self._config(keyword.value)
                case "pools":
                    self._pools(keyword.value)
                case "symbols":
                    self._symbols(keyword.value)
                case "properties":
                    self._properties(keyword.value)
                case "expected":
                    self._expected(keyword.value)
                case _:
                    self._unknown_keyword("scenario", keyword, ARGUMENTS)
        self._check_expected_properties()

    def _unknown_keyword(self, name: str, keyword: ast.keyword, known: tuple[str, ...]) -> None:
        given = keyword.arg or "**"
        place = name_span(self.scenario.module.file, keyword, given)
        hint = did_you_mean(given, known)
        self.errors.add("KSM311", f"{name}() has no '{given}'", place, hint)

    def _check_expected_properties(self) -> None:
        known = {item.name for item in self.scenario.properties}
        known |= {check.value for check in BuiltinCheck}
        for node, name in self.expected_properties:
            if name not in known:
                self._fault(
                    node,
                    f"no property of this scenario is called '{name}'",
                    did_you_mean(name, known) or "name one of `properties`, or a built-in check",
                    "KSM401",
                )

    def _fault(self, node: ast.expr, message: str, hint: str = "", code: str = "KSM311") -> None:
        self.errors.add(code, message, self.scenario.module.span(node), hint)

    def _string(self, node: ast.expr) -> str:
        value = self._constants.value(node)
        if not isinstance(value, str):
            self._fault(node, "a string is needed here", "write it in quotes")
            return ""
        return value

    def _list(self, node: ast.expr, what: str) -> list[ast.expr]:
        if isinstance(node, (ast.List, ast.Tuple)):
            return node.elts
        self._fault(node, f"{what} is a list", "write it in [ ]")
        return []

    def _patches(self, node: ast.expr) -> None:
        symbol = self._lookup(node)
        if isinstance(symbol, PatchList):
            self.scenario.patches = symbol.patches
        else:
            self._fault(
                node,
                "'patches' names a list of Patch(...) records",
                "write `patches=PATCHES` and import PATCHES",
            )

    def _config(self, node: ast.expr) -> None:
        known = self.declarations.universe.known_config
        for element in self._list(node, "'config'"):
            option = self._string(element)
            if option and option not in known:
                self._fault(
                    element,
                    f"no configuration option is called '{option}'",
                    did_you_mean(option, known) or NO_OPTION,
                    "KSM314",
                )
            self.scenario.config |= {option}

    def _lookup(self, node: ast.expr) -> object:
        if isinstance(node, ast.Name):
            return self.declarations.universe.lookup(self.scenario.module, node.id)
        return None

    def _pools(self, node: ast.expr) -> None:
        if not isinstance(node, ast.Dict):
            self._fault(node, "'pools' is a dict", "write `pools={Page: 3}`")
            return
        for key, value in zip(node.keys, node.values, strict=True):
            symbol = self._lookup(key) if key else None
            if isinstance(symbol, StructSymbol):
                self.scenario.pool_nodes.append((symbol, value))
            else:
                self._no_struct(key or node, symbol)

    def _symbols(self, node: ast.expr) -> None:
        if not isinstance(node, ast.Dict):
            self._fault(node, "'symbols' is a dict", "write `symbols={Content: 3}`")
            return
        for key, value in zip(node.keys, node.values, strict=True):
            symbol = self._lookup(key) if key else None
            if isinstance(symbol, DomainSymbol):
                self.scenario.symbol_nodes.append((symbol, value))
            elif not isinstance(symbol, Unresolved):
                name = ast.unparse(key or node)
                hint = f"declare `class {name}(OrderedSymbol)`, or leave this out"
                self._fault(key or node, f"no domain of symbols is called '{name}'", hint, "KSM302")

    def _no_struct(self, node: ast.expr, symbol: object) -> None:
        if isinstance(symbol, Unresolved):
            return
        structs = self.declarations.universe.structs
        name = ast.unparse(node)
        hint = did_you_mean(name, structs) or "declare it with @struct, or leave this pool out"
        self._fault(node, f"no struct is called '{name}'", hint, "KSM302")

    def _properties(self, node: ast.expr) -> None:
        for element in self._list(node, "'properties'"):
            symbol = self._lookup(element)
            if isinstance(symbol, FunctionSymbol) and symbol.kind is FunctionKind.PROPERTY:
                if symbol not in self.scenario.properties:
                    self.scenario.properties.append(symbol)
                continue
            if isinstance(symbol, Unresolved):
                continue
            known = [
                name
                for name, other in self.declarations.universe.scopes[
                    self.scenario.module.name
                ].items()
                if isinstance(other, FunctionSymbol) and other.kind is FunctionKind.PROPERTY
            ]
            self._fault(
                element,
                f"'{ast.unparse(element)}' is no property",
                did_you_mean(ast.unparse(element), known) or "declare it with @invariant",
                "KSM401",
            )

    def _expected(self, node: ast.expr) -> None:
        for element in self._list(node, "'expected'"):
            if not (
                isinstance(element, ast.Call)
                and not element.args
                and isinstance(element.func, ast.Name)
                and element.func.id == "Expect"
            ):
                self._fault(
                    element,
                    "'expected' holds Expect(...) records",
                    'write `Expect(verdict="holds")`',
                )
                continue
            self._expect(element)

    def _expect(self, call: ast.Call) -> None:
        verdict, kernel, prop = "", self.scenario.kernel, ""
        place: ast.expr = call
        patches: dict[str, tuple[str, ...]] = {"patches": (), "without": ()}
        parameters: tuple[tuple[str, int], ...] = ()
        disabled: tuple[BuiltinCheck, ...] = ()
        for keyword in call.keywords:
            match keyword.arg:
                case "verdict":
                    verdict, place = self._string(keyword.value), keyword.value
                case "kernel":
                    kernel = self._string(keyword.value)
                case "property":
                    prop = self._string(keyword.value)
                    self.expected_properties.append((keyword.value, prop))
                case ("patches" | "without") as side:
                    names = self._list(keyword.value, f"'{side}'")
                    patches[side] = tuple(map(self._string, names))
                case "set":
                    parameters = self._parameters(keyword.value)
                case "disable_checks":
                    disabled = self._checks(keyword.value)
                case _:
                    self._unknown_keyword("Expect", keyword, EXPECT_ARGUMENTS)
        if verdict not in VERDICTS:
            self._fault(place, f"'{verdict}' is no verdict", did_you_mean(verdict, VERDICTS))
        known = {patch.id for patch in self.scenario.patches}
        for patch in (*patches["patches"], *patches["without"]):
            if patch not in known:
                self._fault(
                    call, f"no patch is called '{patch}'", did_you_mean(patch, known), "KSM305"
                )
        self.scenario.expected.append(
            Expectation(
                kernel, patches["patches"], parameters, verdict, prop, patches["without"], disabled
            )
        )

    def _checks(self, node: ast.expr) -> tuple[BuiltinCheck, ...]:
        known = [check.value for check in BuiltinCheck]
        found: list[BuiltinCheck] = []
        for element in self._list(node, "'disable_checks'"):
            name = self._string(element)
            if name in known:
                found.append(BuiltinCheck(name))
            elif name:
                hint = did_you_mean(name, known)
                self._fault(element, f"no built-in check is called '{name}'", hint, "KSM512")
        return tuple(dict.fromkeys(found))

    def _parameters(self, node: ast.expr) -> tuple[tuple[str, int], ...]:
        """The values that a dict, or the name of one, gives to parameters."""
        named = self._lookup(node)
        module = self.scenario.module
        if isinstance(named, ParameterSet):
            node, module = named.node, named.module
        if not isinstance(node, ast.Dict):
            hint = 'write `set={"swap_slots": 1}`'
            self._fault(node, "'set' is a dict, or the name of one", hint)
            return ()
        constants = ConstantEvaluator(self.declarations.universe, self.errors, module)
        known = parameters_of(self.declarations)
        found: list[tuple[str, int]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            name = str(key.value) if isinstance(key, ast.Constant) else "(none)"
            if name not in known:
                self.errors.add(
                    "KSM503",
                    f"no parameter is called '{name}'",
                    module.span(key or value),
                    did_you_mean(name, known),
                )
                continue
            found.append((name, constants.integer(value, f"'{name}'")))
        return tuple(found)


def parameters_of(declarations: Declarations) -> dict[str, Parameter]:
    """The parameters of all loaded modules by name."""
    return {
        symbol.name: symbol
        for scope in declarations.universe.scopes.values()
        for symbol in scope.values()
        if isinstance(symbol, Parameter)
    }


def read_scenario(declarations: Declarations, main: Module, errors: Errors) -> Scenario | None:
    """The scenario of the model's own file; none or several are reported."""
    own = [call for module, call in declarations.scenarios if module is main]
    if not own:
        errors.add(
            "KSM021",
            "this file has no scenario(...)",
            Span(main.file, 1, 0, 1, 1),
            "say who runs and how many of everything: `scenario(question=..., pools={...}, "
            "properties=[...])`; a file of routines only is imported by a scenario",
        )
        return None
    for extra in own[1:]:
        errors.add(
            "KSM022",
            "a model file has one scenario(...)",
            main.span(extra.func),
            f"the first one is in line {own[0].lineno}: put the other into a file of its own",
        )
    scenario = Scenario(main, main.span(own[0]))
    ScenarioReader(declarations, errors, scenario).read(own[0])
    return scenario
