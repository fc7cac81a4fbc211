"""The state of the open runs, and Qt models over it."""
