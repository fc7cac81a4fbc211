"""Icons and other files the window is delivered with."""
