"""A second opinion: checkers and systems that share no code with the tool."""
