"""Fitting engine of Twotime: no window, no Qt, one direction of imports."""

__version__ = "0.1.0"
