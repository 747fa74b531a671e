"""Takes out of a graph the nodes that only lead on: lowering makes several for each that acts.

Runs when the places where steps start are marked; from then on a node is its operations, its end
and what it undefines. A node that is passed over, or appended to the only one that leads to it,
changes no path and not the order in which the others are found. Two runs of operations are never
joined to one, because slots are preferred in the order in which copies are met.
"""

from __future__ import annotations

from attrs import evolve

from ksmcheck.frontend.cfg import Arms, Exit, Fork, Graph, Next, Node, NodeEnd


def contract(graph: Graph) -> None:
    """Remove empty nodes, and forks and jumps that have a node to themselves."""
    nodes = graph.reachable()
    for node in nodes:
        node.end = _redirected(graph, node.end)
    nodes = graph.reachable()
    ways = _ways_in(graph, nodes)
    for node in nodes:
        while (following := _only_next(graph, node, ways)) is not None:
            if not node.operations:
                node.operations = following.operations
            node.end = following.end


def _redirected(graph: Graph, end: NodeEnd | None) -> NodeEnd | None:
    """``end`` with its targets moved past nodes that do nothing."""
    match end:
        case Next(node=target):
            past = _past(graph, target)
            return end if past == target else Next(past)
        case Fork(then=then, orelse=orelse):
            return evolve(end, then=_past(graph, then), orelse=_past(graph, orelse))
        case Arms(nodes=targets):
            return evolve(end, nodes=tuple(_past(graph, target) for target in targets))
        case Exit() | None:
            return end


def _past(graph: Graph, number: int) -> int:
    """The first node from ``number`` on that does something; every cycle has one that begins."""
    node = graph.nodes[number]
    while not (node.operations or node.begins or node.undefines) and isinstance(node.end, Next):
        node = graph.nodes[node.end.node]
    return node.number


def _ways_in(graph: Graph, nodes: list[Node]) -> dict[int, int]:
    """How many ways lead into each node; one more into the entry."""
    ways = {node.number: 0 for node in nodes}
    ways[0] += 1
    for node in nodes:
        for target in graph.successors(node):
            ways[target] += 1
    return ways


def _only_next(graph: Graph, node: Node, ways: dict[int, int]) -> Node | None:
    """The node after ``node``, if nothing is lost when it becomes a part of it."""
    if not isinstance(node.end, Next) or ways[node.end.node] > 1:
        return None
    following = graph.nodes[node.end.node]
    if following.begins or following.undefines or (node.operations and following.operations):
        return None
    return following
