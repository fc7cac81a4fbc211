"""Headless commands: parsing, progress, exit codes. Nothing here imports Qt."""
