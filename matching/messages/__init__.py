"""What people are told about a match, a file for each reader: people, the desk, the desk of a linked town.

Contacts stand in the two messages of a confirmation, and nowhere else.
"""
