"""The window: looks at runs, edits their set-up, fits them through the engine."""
