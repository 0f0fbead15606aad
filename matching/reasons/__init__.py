"""Why this pairing, and why not that one: the engine's codes and numbers, and the sentences that say them.

`facts` works them out from rows, `sentences` puts them into words, `notice` and `examples` are the algorithm's public
page.
"""
