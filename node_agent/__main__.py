"""`python -m node_agent` is `aigpu-agent`."""

from node_agent.program import main

main()
