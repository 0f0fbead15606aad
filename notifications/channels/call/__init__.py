"""A person of the desk phones: the messages are a list of calls, and there is no transport."""
