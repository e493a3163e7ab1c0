# A module in the shape of the verified AKS modules: optional attributes, dynamic blocks, made-up names.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "4.50.0"
    }
  }
}

provider "azurerm" {
  features {}
}

module "aks" {
  source     = "./aks"
  agent_size = "Standard_D4s_v5"
  node_pools = {
    gpu = {
      name       = "gpu"
      vm_size    = "Standard_D16s_v5"
      node_count = 2
      labels     = { hardware = "gpu", "gpu-type" = "nvidia" }
      taints     = ["sku=gpu:NoSchedule"]
    }
    web = {
      name    = "web"
      vm_size = "Standard_D8s_v5"
    }
  }
}
