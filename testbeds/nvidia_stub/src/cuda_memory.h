#ifndef STUB_CUDA_MEMORY_H
#define STUB_CUDA_MEMORY_H

#include <stddef.h>

#include "cuda_api.h"

/* The host's view of `size` bytes at a device address, or NULL where they are not one allocation's. */
void *device_memory(CUdeviceptr start, size_t size);

#endif
