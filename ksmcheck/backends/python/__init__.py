"""The python engine: steps compiled once to Python functions over a packed state.

Reading order: layout (where each cell is), expressions, steps and predicates (text),
model (the functions, ready to run).
"""
