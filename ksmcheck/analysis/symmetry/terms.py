"""Interned terms: what expressions and steps mean, in a normal form where equal is the same number.

A term is a tag, a payload and children. Operands of ``UNORDERED`` tags are sorted and chains of
one operator are flat, so ``a and b`` and ``b and a`` are one term. Truth values are in negation
normal form. Objects, actors and variables are leaves of their own, which ``Renaming`` replaces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import Factory, define, frozen

Payload: TypeAlias = tuple[object, ...]
Term: TypeAlias = int

# Operands, arms and members of these may stand in any order.
UNORDERED = frozenset({"and", "or", "==", "!=", "&", "|", "sum", "product", "set", "choose", "all"})

# What is the opposite of a truth value, where another tag says it.
OPPOSITE = {"==": "!=", "!=": "=="}

# The tags of terms that are 0 or 1.
TRUTHS = frozenset({"and", "or", "not", "==", "!=", "<", "<=", "below", "flag"})


@frozen
class Node:
    """One term; ``named`` has a bit for each object and actor that is named inside."""

    tag: str
    payload: Payload
    children: tuple[Term, ...]
    named: int


@define
class Terms:
    """All terms of one analysis, by number. Equal terms have equal numbers."""

    nodes: list[Node] = Factory(list)
    _numbers: dict[tuple[str, Payload, tuple[Term, ...]], Term] = Factory(dict)

    def leaf(self, tag: str, *payload: object, bit: int = 0) -> Term:
        """A term without children; ``bit`` marks the object or actor that it names."""
        return self._intern(tag, payload, (), bit)

    def number(self, value: int) -> Term:
        """A constant that names nothing."""
        return self.leaf("number", value)

    def term(self, tag: str, children: tuple[Term, ...], *payload: object) -> Term:
        """The normal form of a term with these children."""
        match tag:
            case "and" | "or":
                return self._connective(tag, children)
            case "not":
                return self.negation(children[0])
            case "ite":
                return self.choice(*children)
            case "chain":
                return self._intern(tag, payload, self._stores(children), 0)
        if tag in UNORDERED:
            children = tuple(sorted(children))
        return self._intern(tag, payload, children, 0)

    def is_number(self, term: Term, value: int) -> bool:
        """True for the constant ``value``."""
        node = self.nodes[term]
        return node.tag == "number" and node.payload == (value,)

    def is_truth(self, term: Term) -> bool:
        """True when the value is surely 0 or 1."""
        node = self.nodes[term]
        if node.tag == "ite":
            return self.is_truth(node.children[1]) and self.is_truth(node.children[2])
        return node.tag in TRUTHS or (node.payload in ((0,), (1,)) and node.tag == "number")

    def negation(self, term: Term) -> Term:
        """``not term``, for a truth value."""
        node = self.nodes[term]
        match node.tag:
            case "number":
                return self.number(0 if node.payload[0] else 1)
            case "not":
                return node.children[0]
            case "and" | "or":
                other = "or" if node.tag == "and" else "and"
                return self.term(other, tuple(map(self.negation, node.children)))
            case "==" | "!=":
                return self._intern(OPPOSITE[node.tag], node.payload, node.children, 0)
            case "<" | "<=":
                other = "<=" if node.tag == "<" else "<"
                return self.term(other, node.children[::-1])
            case _:
                return self._intern("not", (), (term,), 0)

    def choice(self, condition: Term, then: Term, orelse: Term) -> Term:
        """``then if condition else orelse``."""
        if then == orelse or self.is_number(condition, 1):
            return then
        if self.is_number(condition, 0):
            return orelse
        if self.nodes[condition].tag == "not":
            return self.choice(self.negation(condition), orelse, then)
        if self.is_truth(then) and self.is_truth(orelse):
            return self._truth_choice(condition, then, orelse)
        return self._intern("ite", (), (condition, then, orelse), 0)

    def _truth_choice(self, condition: Term, then: Term, orelse: Term) -> Term:
        """A choice between truth values; what both have in common is taken out of it."""
        opposite = self.negation(condition)
        if self.is_number(orelse, 0):
            return self.term("and", (condition, then))
        if self.is_number(then, 1):
            return self.term("or", (condition, orelse))
        if self.is_number(then, 0):
            return self.term("and", (opposite, orelse))
        if self.is_number(orelse, 1):
            return self.term("or", (opposite, then))
        for tag, other in (("or", "and"), ("and", "or")):
            first, second = self._operands(tag, then), self._operands(tag, orelse)
            for guard, more, less in ((condition, first, second), (opposite, second, first)):
                if less < more:
                    if tag == "and":
                        guard = self.negation(guard)
                    rest = self.term(tag, tuple(more - less))
                    return self.term(tag, (*less, self.term(other, (guard, rest))))
        both = (self.term("and", (condition, then)), self.term("and", (opposite, orelse)))
        return self.term("or", both)

    def _operands(self, tag: str, term: Term) -> set[Term]:
        node = self.nodes[term]
        return set(node.children) if node.tag == tag else {term}

    def _connective(self, tag: str, children: tuple[Term, ...]) -> Term:
        neutral, absorbing = (1, 0) if tag == "and" else (0, 1)
        found: set[Term] = set()
        for child in children:
            if self.is_number(child, absorbing):
                return self.number(absorbing)
            if not self.is_number(child, neutral):
                found |= self._operands(tag, child)
        if not found:
            return self.number(neutral)
        if len(found) == 1:
            return found.pop()
        return self._intern(tag, (), tuple(sorted(found)), 0)

    def differ(self, first: Term, second: Term) -> bool:
        """True when two index terms are surely different: both constant, and not the same."""
        constant = ("number", "null", "object", "actor")
        return (
            first != second
            and self.nodes[first].tag in constant
            and self.nodes[second].tag in constant
        )

    def apart(self, first: Term, second: Term) -> bool:
        """True when two stores ("at": indices, then the value) are surely to different cells."""
        pairs = zip(self.nodes[first].children[:-1], self.nodes[second].children[:-1], strict=True)
        return any(self.differ(a, b) for a, b in pairs)

    def _stores(self, stores: tuple[Term, ...]) -> tuple[Term, ...]:
        """The least order in which stores that may meet keep theirs."""
        left, result = list(stores), list[Term]()
        while left:
            free = [
                store
                for place, store in enumerate(left)
                if all(self.apart(earlier, store) for earlier in left[:place])
            ]
            result.append(min(free))
            left.remove(result[-1])
        return tuple(result)

    def _intern(self, tag: str, payload: Payload, children: tuple[Term, ...], bit: int) -> Term:
        key = (tag, payload, children)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.nodes)
            for child in children:
                bit |= self.nodes[child].named
            self.nodes.append(Node(tag, payload, children, bit))
        return number


@define
class Renaming:
    """Replaces leaves everywhere; ``moved`` has the bits of the leaves that ``leaf`` changes."""

    terms: Terms
    moved: int
    leaf: Callable[[Node], Term]
    _known: dict[Term, Term] = Factory(dict)

    def __call__(self, term: Term) -> Term:
        """The normal form of ``term`` with its leaves replaced."""
        node = self.terms.nodes[term]
        if not node.named & self.moved:
            return term
        result = self._known.get(term)
        if result is None:
            if node.children:
                children = tuple(self(child) for child in node.children)
                result = self.terms.term(node.tag, children, *node.payload)
            else:
                result = self.leaf(node)
            self._known[term] = result
        return result
