"""What the database keeps of people, it keeps sealed: encrypted by the application, so that a dump tells nothing.

`keys` are the town's, `seals` is the arithmetic, `fields` are columns that seal by themselves, `columns` moves what
stands in clear, `rotation` seals anew with the newest key (docs/adr/0034).
"""
