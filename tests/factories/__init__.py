"""Rows for tests: one module per app, imported from where the row is defined."""
