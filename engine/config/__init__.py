"""The border for run files: text in, frozen records out, nothing silently dropped."""
