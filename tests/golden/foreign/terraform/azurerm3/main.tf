# The same kinds under the names of azurerm 3.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "3.117.0"
    }
  }
}

provider "azurerm" {
  features {}
}

resource "azurerm_kubernetes_cluster" "train" {
  name                = "aks-train"
  location            = "westeurope"
  resource_group_name = "rg-train"
  dns_prefix          = "train"

  default_node_pool {
    name                = "system"
    vm_size             = "Standard_D4s_v5"
    enable_auto_scaling = true
    min_count           = 1
    max_count           = 3
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "gpu" {
  for_each              = { small = "Standard_NC4as_T4_v3", large = "Standard_NC64as_T4_v3" }
  name                  = each.key
  kubernetes_cluster_id = azurerm_kubernetes_cluster.train.id
  vm_size               = each.value
  enable_auto_scaling   = true
  min_count             = 0
  max_count             = 3
  node_labels           = { hardware = "gpu", "gpu-type" = "nvidia" }
  node_taints           = ["sku=gpu:NoSchedule"]
  tags                  = { cost-center = "ml" }
}

resource "azurerm_kubernetes_cluster_node_pool" "fpga" {
  count                 = 2
  name                  = "np${count.index}"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.train.id
  vm_size               = "Standard_NP10s"
  node_count            = 1
  node_labels           = { hardware = "gpu" }
}

resource "azurerm_virtual_machine_scale_set" "old" {
  name                = "vmss-old"
  location            = "westeurope"
  resource_group_name = "rg-train"

  sku {
    name     = "Standard_NC4as_T4_v3"
    tier     = "Standard"
    capacity = 4
  }
}
