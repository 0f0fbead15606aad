"""A day without the zero before it, as `catalogue.times` says it: "3 березня"."""

DATE_FORMAT = r"j E Y р\."
