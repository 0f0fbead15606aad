"""A channel of the tests: a note by courier, for the addresses of one town hall."""
