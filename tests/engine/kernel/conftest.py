"""The kernel is used through `engine.api`, which starts JAX in float64; so do we."""

from engine.precision import prepare_jax

prepare_jax()
