"""How a message reaches its reader: one folder per channel, found by its name. Nothing else knows a channel.

A folder holds `channel.py` (what the outbox asks of it: `notifications.channel_registry.Channel`) and, each where there
is a need for it, `transport.py` (`notifications.channel_transport.Transport`; without one the message waits for a
person), `settings.py` (VARIABLES, FIXED), `urls.py`, `root_urls.py`, pages, services and templates. Each folder is a
Django app. docs/how-to-add.md walks through one.
"""
