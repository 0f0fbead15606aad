"""What a town can know of itself: one search across the house, figures, and the files made of them.

It stands on top and reads everything; the only rows that it writes are the definitions of a town's own indicators.
"""
