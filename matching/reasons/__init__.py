"""Why this pairing, and why not that one: the engine's codes and numbers, and the sentences that say them.

`engine_records` are rows as the engine knows them, `facts` what it makes of a pair of them, `near_misses` pairs
that one condition keeps apart, and `sentences` put all this into words.
"""
