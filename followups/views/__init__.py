"""Pages: what happened, asked by a signed link; what somebody reports, and who reads it."""
