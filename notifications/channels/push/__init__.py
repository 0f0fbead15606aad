"""Web push: what the desk and associations are told appears on the devices that they chose, beside mail."""
