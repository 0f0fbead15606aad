"""Drills: what breaks on a town's server is broken here, with its real processes, and then counted.

`make drills` runs them alone. Each takes half a minute at most.
"""
