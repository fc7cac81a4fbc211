"""What the user can do, as tables."""
