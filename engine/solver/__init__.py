"""The bounded trust-region solver: sees normal equations and bounds, nothing else."""
