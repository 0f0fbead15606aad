"""Figures of the product, each beside a baseline measured in the same run: `make bench`."""
