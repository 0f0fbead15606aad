"""Whoever is called outside our own network: addresses that people give us, and the State's open services."""
