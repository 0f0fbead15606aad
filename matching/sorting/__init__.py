"""Goods of which nobody knows what item they are, for the desk to name in one tap each."""
