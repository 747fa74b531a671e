"""The native engine: steps as C over a bit-packed state, run by a hand-written search.

Reading order: constants (locals that are known at a location), layout (where each cell is),
fold and expressions, steps, properties, generate (the C file), build (cc and the cache), library
(what ctypes must know), engine. In C: runtime.h, search.h, visited.h, runtime.c (with findings.c,
batch.c, expanding.c), lifecycle.c.
"""
