"""One module a resource provider of Azure; each handler takes the world and a request and gives a reply."""
