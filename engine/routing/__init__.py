"""Where the data of a fit live: memory needed, memory allowed, and the choice."""
