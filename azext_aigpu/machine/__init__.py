"""One GPU virtual machine: as it was asked for, what makes it, and what came of it. Pure but for the file of a key."""
