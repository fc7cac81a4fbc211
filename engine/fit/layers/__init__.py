"""The layers against degeneracy: how they act on a fit, and what is told of it."""
