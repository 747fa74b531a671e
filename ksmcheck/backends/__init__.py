"""What can run an IR program: the evaluator (the meaning) and the engines that imitate it."""
