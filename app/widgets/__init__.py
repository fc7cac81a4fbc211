"""Widgets without logic: signals out, setters in."""
