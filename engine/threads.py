"""Threads of one computation: numpy lets go of the interpreter while it computes. Results come in the order of the
work, so that they are the same with one thread and with four.
"""

import os

# More would wait for memory.
THREADS = min(4, os.cpu_count() or 1)
