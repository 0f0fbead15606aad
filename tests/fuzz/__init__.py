"""Every form of every page, sent as nobody means to send it. `make fuzz CASES=100000` for a long look."""
