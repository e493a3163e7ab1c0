"""Stand-ins for the machines and services that a test cannot have; never part of the wheel."""
