"""Renamings of objects and actors that map a program to itself, and what they do to states."""
