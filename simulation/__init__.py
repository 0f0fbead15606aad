"""A town's year replayed on the real engine, without Django or a database: what would different ways of deciding bring?

    outcome = replay(year_of(TOWNS["ville"], BASE, seed=1), POLICIES["plan"])

`behaviour` is the one table of how people behave, `towns` the kinds of towns, `year` all that comes and all that nobody
knows yet, `policies` the ways to decide, `lookout` what they see ahead, `desk` the year under one of them, with
`people` who answer and an `outcome`, `shown` what the engine is shown of it, `hindsight` what none of them can exceed,
`measures` what came of it, `runs` many of them, `report` the page docs/simulation.md with its `findings` and `charts`.
`python -m simulation` is `make simulate`. docs/adr/0044 and 0050 say why it is so.
"""
