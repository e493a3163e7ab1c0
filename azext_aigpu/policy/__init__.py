"""Azure Policy out of the catalogue: definitions, assignments, what a Deny would break. Pure."""
