"""The arguments of the commands, a module a command group. Names, short forms and types are those of `az aks nodepool`.

Most arguments of `add` and `update` are registered as extra ones: a handler takes them as keywords, and no function
has sixty parameters. azure-cli leaves out a parameter named `kwargs` when it reads a handler's signature.
"""
