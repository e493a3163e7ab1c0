"""The tables of `-o table`, by command group: few columns, which fit a terminal of 120 characters. Pure."""
