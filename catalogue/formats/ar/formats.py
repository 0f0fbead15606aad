"""The same order of day and month, and the same clock, as `catalogue.times` says them: "3 مارس", "18:05"."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
