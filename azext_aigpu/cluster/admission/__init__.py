"""What the API server is to refuse: rules as Python, and the policies that say the same in CEL."""
