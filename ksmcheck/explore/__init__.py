"""The search: what may be asked of it, what it reports, and the breadth-first loop."""
