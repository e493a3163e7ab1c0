"""The file between `nodepool plan` and `apply`: written, read back, approved, judged against the cloud of now. Pure."""
