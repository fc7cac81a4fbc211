"""Undo commands: the only writers of a document."""
