# Pools and machines under the names of azurerm 4: good ones, the founding mistake, and what cannot be seen.
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

variable "secret_size" {
  type      = string
  sensitive = true
  default   = "Standard_NC24ads_A100_v4"
}

resource "azurerm_resource_group" "train" {
  name     = "rg-train"
  location = "East US"
}

resource "azurerm_kubernetes_cluster" "train" {
  name                = "aks-train"
  location            = azurerm_resource_group.train.location
  resource_group_name = azurerm_resource_group.train.name
  dns_prefix          = "train"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 3

    upgrade_settings {
      max_surge = "10%"
    }
  }

  identity {
    type = "SystemAssigned"
  }
}

# Meant to be a V100 pool, typed as a CPU size.
resource "azurerm_kubernetes_cluster_node_pool" "typo" {
  name                  = "train"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.train.id
  vm_size               = "Standard_D16s_v5"
  auto_scaling_enabled  = true
  min_count             = 0
  max_count             = 4
  node_labels           = { hardware = "gpu", "gpu-type" = "nvidia" }
  node_taints           = ["sku=gpu:NoSchedule"]
  tags                  = { cost-center = "ml" }
}

resource "azurerm_kubernetes_cluster_node_pool" "a100" {
  name                  = "a100"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.train.id
  vm_size               = "Standard_NC24ads_A100_v4"
  auto_scaling_enabled  = true
  min_count             = 0
  max_count             = 2
  os_disk_size_gb       = 256
  zones                 = ["1", "3"]
  tags                  = { cost-center = "ml" }
  node_taints           = ["sku=gpu:NoSchedule"]
  node_labels = {
    hardware                 = "gpu"
    "gpu-type"               = "nvidia"
    workload                 = "ai"
    "aigpu.io/sku"           = "Standard_NC24ads_A100_v4"
    "aigpu.io/gpu-model"     = "a100-80gb"
    "aigpu.io/gpu-count"     = "1"
    "example.com/cluster-id" = azurerm_kubernetes_cluster.train.id
  }
}

# A GPU size about which nobody says anything.
resource "azurerm_kubernetes_cluster_node_pool" "undeclared" {
  name                  = "t4"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.train.id
  vm_size               = "Standard_NC4as_T4_v3"
  node_count            = 1
  tags                  = { cost-center = "ml" }
}

resource "azurerm_kubernetes_cluster_node_pool" "web" {
  name                  = "web"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.train.id
  vm_size               = "Standard_D8s_v5"
  node_count            = 2
}

# Its labels come from a resource that is not there yet.
resource "azurerm_kubernetes_cluster_node_pool" "hidden" {
  name                  = "hidden"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.train.id
  vm_size               = "Standard_D8s_v5"
  node_count            = 1
  node_labels           = { for name in [azurerm_kubernetes_cluster.train.fqdn] : name => "yes" }
}

resource "azurerm_kubernetes_cluster_node_pool" "secret" {
  name                  = "secret"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.train.id
  vm_size               = var.secret_size
  node_count            = 1
  node_labels           = { hardware = "gpu", "gpu-type" = "nvidia" }
  node_taints           = ["sku=gpu:NoSchedule"]
}

resource "azurerm_linux_virtual_machine" "notebook" {
  name                = "vm-notebook"
  location            = "eastus"
  resource_group_name = azurerm_resource_group.train.name
  size                = "Standard_NC4as_T4_v3"
  admin_username      = "azureuser"
  tags                = { cost-center = "ml" }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Premium_LRS"
  }
}

resource "azurerm_linux_virtual_machine" "jump" {
  name                = "vm-jump"
  location            = "eastus"
  resource_group_name = azurerm_resource_group.train.name
  size                = "Standard_B2s"
  admin_username      = "azureuser"

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Premium_LRS"
  }
}

resource "azurerm_virtual_machine" "old" {
  name                = "vm-old"
  location            = "eastus"
  resource_group_name = azurerm_resource_group.train.name
  vm_size             = "Standard_NC6s_v3"
  tags                = { hardware = "gpu" }
}

resource "azurerm_linux_virtual_machine_scale_set" "batch" {
  name                = "vmss-batch"
  location            = "eastus"
  resource_group_name = azurerm_resource_group.train.name
  sku                 = "Standard_NV6ads_A10_v5"
  instances           = 3
  admin_username      = "azureuser"
  tags                = { cost-center = "ml" }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Premium_LRS"
  }
}

# Azure may take the CPU size when the GPU size is full.
resource "azurerm_orchestrated_virtual_machine_scale_set" "mix" {
  name                        = "vmss-mix"
  location                    = "eastus"
  resource_group_name         = azurerm_resource_group.train.name
  platform_fault_domain_count = 1
  sku_name                    = "Mix"
  instances                   = 2

  sku_profile {
    allocation_strategy = "CapacityOptimized"
    vm_sizes            = ["Standard_NC4as_T4_v3", "Standard_D16s_v5"]
  }
}
