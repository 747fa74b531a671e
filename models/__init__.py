"""Scenarios, one per file, and in models/kernel/ the kernel they run. Compiled, never executed."""
