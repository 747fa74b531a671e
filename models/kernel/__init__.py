"""The kernel's objects and routines, one file per kernel file. Compiled, never executed."""
