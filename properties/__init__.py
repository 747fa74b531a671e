"""What must be true, one file per family of properties. Compiled, never executed."""
