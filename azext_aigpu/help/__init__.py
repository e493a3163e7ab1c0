"""What `az aigpu ... --help` says, a module a command group. Importing one fills azure-cli's table `helps`.

The examples run as they stand against the local Azure (`python -m testbeds.local_azure`), and a test runs them.
"""
