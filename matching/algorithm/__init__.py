"""The algorithm's public page: `notice` says what it does, in the engine's own words and values; `examples` show it."""
