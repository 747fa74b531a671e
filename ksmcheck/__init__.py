"""ksmcheck: a model checker for races in kernel memory management."""
