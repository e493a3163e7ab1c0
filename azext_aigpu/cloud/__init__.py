"""The only code that talks to Azure Resource Manager and to the price feed. `facts` is the exception: plain data."""
