"""The same order of day and month, and the same clock, as `catalogue.times` says them: "3 March", "18:05"."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
# The day first in figures as well: nobody here writes 03/12 for the 12th of March.
SHORT_DATE_FORMAT = "d/m/Y"
SHORT_DATETIME_FORMAT = "d/m/Y H:i"
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d %b %Y", "%d %B %Y"]
DATETIME_INPUT_FORMATS = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"]
