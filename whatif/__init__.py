"""What if: one change in a town, replayed beside the same months without it, on the town's own counted figures.

`own` counts them, `asked` says what may be changed, `working` replays year by year, `results` says what it brings.
"""
