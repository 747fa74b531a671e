"""Facts about a compiled program."""
