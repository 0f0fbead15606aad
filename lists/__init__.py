"""Lists that others keep: taken in by the desk or by a command, and given out again.

Whoever sends lists is a `Sender`: it is remembered what their columns are called and what their words mean. One file is
one `ListImport`: its columns are chosen, it is tried without keeping anything, imported, and perhaps undone. What each
column means and what a row must be, `catalogue.imports`, `offers.imports` and `needs.imports` know.
"""
