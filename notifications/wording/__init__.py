"""The words of messages: those that the product brings, and those of a town that has put its own in their place."""
