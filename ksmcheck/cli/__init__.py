"""The command line: parse, call, print. What is decided is decided in the other rooms."""
