"""The reduction: from tiles of pixels to per-angle equations, without a Jacobian."""
