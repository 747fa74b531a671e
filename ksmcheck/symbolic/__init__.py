"""Symbolic values: what is known of the symbols of a state, and z3 to find what follows from it.

Reading order: conditions (what is known, as data), theory (z3), automaton (every answer asked once
and remembered), confirm (concrete values for a path). The only room that imports z3; it is not
imported at all while a model has no symbols.
"""
