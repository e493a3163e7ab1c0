# Bodies in Azure's own form, as the Azure Verified Module for managed clusters sends them.
terraform {
  required_providers {
    azapi = {
      source  = "azure/azapi"
      version = "2.7.0"
    }
  }
}

resource "azapi_resource" "cluster" {
  type      = "Microsoft.ContainerService/managedClusters@2025-10-01"
  name      = "aks-train"
  parent_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-train"
  location  = "eastus"

  body = {
    properties = {
      dnsPrefix = "train"
      agentPoolProfiles = [
        {
          name   = "system"
          mode   = "System"
          count  = 3
          vmSize = "Standard_D4s_v5"
        },
        {
          name       = "train"
          mode       = "User"
          count      = 2
          vmSize     = "Standard_D16s_v5"
          nodeLabels = { hardware = "gpu", "gpu-type" = "nvidia" }
          nodeTaints = ["sku=gpu:NoSchedule"]
        },
      ]
    }
  }
}

resource "azapi_resource" "pool" {
  type      = "Microsoft.ContainerService/managedClusters/agentPools@2025-10-01"
  name      = "a100"
  parent_id = azapi_resource.cluster.id

  body = {
    properties = {
      count      = 1
      mode       = "User"
      vmSize     = "Standard_NC24ads_A100_v4"
      nodeLabels = { hardware = "gpu", "gpu-type" = "nvidia", cluster = azapi_resource.cluster.id }
      nodeTaints = ["sku=gpu:NoSchedule"]
      tags       = { cost-center = "ml" }
    }
  }
}

resource "azapi_resource" "other" {
  type      = "Microsoft.ContainerRegistry/registries@2025-04-01"
  name      = "crtrain"
  parent_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-train"
  location  = "eastus"
  body      = { properties = {} }
}
