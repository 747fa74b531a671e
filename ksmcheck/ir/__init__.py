"""The waist of the tool: what a compiled model is. Pure data, imports nothing else."""
