"""Random programs in the language, and an interpreter of their source that shares no code."""
