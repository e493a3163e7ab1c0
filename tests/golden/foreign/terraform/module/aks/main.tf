terraform {
  required_providers {
    azurerm = {
      source = "hashicorp/azurerm"
    }
  }
}

variable "agent_size" {
  type = string
}

variable "autoscale" {
  type    = bool
  default = false
}

variable "node_pools" {
  type = map(object({
    name         = string
    vm_size      = string
    node_count   = optional(number)
    labels       = optional(map(string))
    taints       = optional(list(string))
    os_disk_size = optional(number)
  }))
}

locals {
  node_pools = { for key, pool in var.node_pools : key => pool if pool.vm_size != "" }
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-main"
  location            = "eastus"
  resource_group_name = "rg-train"
  dns_prefix          = "main"

  dynamic "default_node_pool" {
    for_each = var.autoscale ? [] : ["fixed"]

    content {
      name       = "agents"
      vm_size    = var.agent_size
      node_count = 3
    }
  }

  dynamic "default_node_pool" {
    for_each = var.autoscale ? ["scaled"] : []

    content {
      name                 = "agents"
      vm_size              = var.agent_size
      auto_scaling_enabled = true
      min_count            = 1
      max_count            = 3
    }
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "node_pool" {
  for_each              = local.node_pools
  name                  = "${each.value.name}${substr(md5(uuid()), 0, 4)}"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  vm_size               = each.value.vm_size
  node_count            = each.value.node_count
  node_labels           = each.value.labels
  node_taints           = each.value.taints
  os_disk_size_gb       = each.value.os_disk_size
}
