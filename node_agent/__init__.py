"""The program on every GPU node that proves, again and again, that the node is what its pool was meant to be.

It is built by a later version; the package is here so that wheel, layers and names are settled from the first one.
"""
