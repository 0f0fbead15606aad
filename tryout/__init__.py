"""The engine tried on two spreadsheets: rank, near misses and plan, with no database and no Redis.

    summary = match_files(offers=Path("offers.csv"), needs=Path("needs.csv"), out=Path("results"), today=today)

docs/match_files.md tells what goes in and what comes out. Django must be set up (its words are the messages'), nothing
else; the same rules and scores as in the product are at work, for all of it is the same engine. `offer_sheet` and
`need_sheet` read the two files on the ground of `table`; `trial` does the rest, with `slices`, which knows no Django.
"""
