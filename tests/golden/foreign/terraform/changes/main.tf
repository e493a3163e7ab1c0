# What is done to pools that are there already: run with step=1 and applied, then planned with step=2.
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

variable "step" {
  type = number
}

locals {
  cluster = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-train/providers/Microsoft.ContainerService/managedClusters/aks-train"
  labels  = { hardware = "gpu", "gpu-type" = "nvidia" }
}

resource "azurerm_kubernetes_cluster_node_pool" "kept" {
  name                  = "kept"
  kubernetes_cluster_id = local.cluster
  vm_size               = "Standard_D16s_v5"
  node_count            = 1
  node_labels           = local.labels
}

resource "azurerm_kubernetes_cluster_node_pool" "replaced" {
  name                  = "replaced"
  kubernetes_cluster_id = local.cluster
  vm_size               = var.step == 1 ? "Standard_NC4as_T4_v3" : "Standard_D16s_v5"
  node_count            = 1
  node_labels           = local.labels
}

resource "azurerm_kubernetes_cluster_node_pool" "updated" {
  name                  = "updated"
  kubernetes_cluster_id = local.cluster
  vm_size               = "Standard_NC4as_T4_v3"
  node_count            = 1
  node_labels           = local.labels
  node_taints           = var.step == 1 ? [] : ["sku=gpu:NoSchedule"]
  tags                  = { cost-center = "ml" }
}

resource "azurerm_kubernetes_cluster_node_pool" "deleted" {
  count                 = var.step == 1 ? 1 : 0
  name                  = "deleted"
  kubernetes_cluster_id = local.cluster
  vm_size               = "Standard_D16s_v5"
  node_count            = 1
  node_labels           = local.labels
}
