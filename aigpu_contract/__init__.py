"""What the command line and the node agent agree on: names, sizes, verdicts.

Only what both programs must read the same way belongs here. Standard library only, Python 3.8 or newer, because the
same files run inside a user's training image.
"""

__version__ = "0.1.0"
