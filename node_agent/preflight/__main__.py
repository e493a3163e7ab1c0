"""`python -m node_agent.preflight` is `aigpu-preflight`."""

from node_agent.preflight.program import main

main()
