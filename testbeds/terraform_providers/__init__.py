"""Stand-ins for the Terraform providers azurerm and azapi, so that Terraform itself makes plans for the tests.

They have a part of the attributes of the real ones, by name and kind; they talk to nobody. Needs the package `tf`.
"""
