"""The tests, one folder for each room of the tool, and the second opinions that they use."""
