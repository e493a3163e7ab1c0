"""Exit codes of `az aigpu`. Those of the preflight are in `verdict`."""

EXIT_OK = 0
EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 3
EXIT_FINDINGS = 4
EXIT_COULD_NOT_JUDGE = 5
