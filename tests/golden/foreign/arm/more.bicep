param clusterName string
param size string

resource pool 'Microsoft.ContainerService/managedClusters/agentPools@2025-10-01' = {
  name: '${clusterName}/a100'
  properties: {
    enableAutoScaling: true
    minCount: 0
    maxCount: 2
    mode: 'User'
    vmSize: size
    nodeLabels: union({ hardware: 'gpu' }, { 'gpu-type': 'nvidia' })
    nodeTaints: ['sku=gpu:NoSchedule']
    tags: { 'cost-center': 'ml' }
  }
}
