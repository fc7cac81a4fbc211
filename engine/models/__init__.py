"""Models of the two-time correlation: one small file per model, plus their names."""
