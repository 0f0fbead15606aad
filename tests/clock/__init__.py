"""Runs a command under another clock: `python -m tests.clock "2027-07-14 23:55" COMMAND…`, in the towns' time.

All that the command starts sees the same moment go on: workers, servers, the browser. It takes Linux and a C compiler.
"""
