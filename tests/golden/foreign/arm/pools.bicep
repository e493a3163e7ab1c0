// A cluster with its pools in a module, a pool of its own, and machines.
param location string = resourceGroup().location
param clusterName string = 'aks-train'
param gpuSize string
param gpuLabels object = {
  hardware: 'gpu'
  'gpu-type': 'nvidia'
}
param withWeb bool = true
param machines array = [
  {
    name: 'notebook'
    size: 'Standard_NC4as_T4_v3'
  }
  {
    name: 'jump'
    size: 'Standard_B2s'
  }
]

resource cluster 'Microsoft.ContainerService/managedClusters@2025-10-01' = {
  name: clusterName
  location: location
  properties: {
    dnsPrefix: clusterName
    agentPoolProfiles: [
      for pool in ['system', 'extra']: {
        name: pool
        mode: 'System'
        count: 3
        vmSize: 'Standard_D4s_v5'
      }
    ]
  }
}

resource train 'Microsoft.ContainerService/managedClusters/agentPools@2025-10-01' = {
  parent: cluster
  name: 'train'
  properties: {
    count: 2
    mode: 'User'
    vmSize: gpuSize
    nodeLabels: gpuLabels
    nodeTaints: ['sku=gpu:NoSchedule']
    tags: { 'cost-center': 'ml' }
  }
}

resource web 'Microsoft.ContainerService/managedClusters/agentPools@2025-10-01' = if (withWeb) {
  parent: cluster
  name: 'web'
  properties: {
    count: 2
    mode: 'User'
    vmSize: 'Standard_D8s_v5'
  }
}

module more 'more.bicep' = {
  name: 'more'
  params: {
    clusterName: cluster.name
    size: 'Standard_NC24ads_A100_v4'
  }
}

resource vm 'Microsoft.Compute/virtualMachines@2024-11-01' = [
  for one in machines: {
    name: 'vm-${one.name}'
    location: location
    tags: { 'cost-center': 'ml' }
    properties: {
      hardwareProfile: { vmSize: one.size }
    }
  }
]
