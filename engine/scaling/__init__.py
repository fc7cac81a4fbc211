"""How contrast and offset depend on the angle: linear maps of a few coefficients."""
