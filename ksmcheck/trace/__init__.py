"""Counterexamples: recorded from a path of states, stored as JSON, run again, shown in columns."""
