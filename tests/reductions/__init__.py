"""Reductions leave states out and nothing else."""
