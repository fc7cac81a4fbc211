"""One fit: data and setup in, result out. Imports JAX; reached through `engine.api`."""
