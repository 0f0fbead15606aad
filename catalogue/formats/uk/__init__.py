"""Ukrainian: no zero before the day."""
