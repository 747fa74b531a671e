"""The native engine: the runtime in C, generated models, building, limits."""
