"""The only code that knows both a widget and a document."""
