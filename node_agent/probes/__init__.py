"""Look at the machine, and only look: each probe gives readings, never a judgement.

`node_agent.probes.round` runs them all in the order that keeps one from disturbing the next. This file stays empty of
code: the child processes that talk to NVIDIA's libraries import the package, and they must start at once.
"""
