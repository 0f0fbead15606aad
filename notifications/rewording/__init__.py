"""A town's own words for what it writes to people: the pages on which its administrators edit them."""
