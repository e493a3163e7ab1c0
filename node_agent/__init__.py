"""The program on every GPU node that proves, again and again, that the node is what its pool was meant to be.

Here are its probes, which only read, and its checks, which only judge. The programs around them come with a later
version.
"""
