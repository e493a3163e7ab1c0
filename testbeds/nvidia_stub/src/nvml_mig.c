/* MIG devices: parts of a GPU that are devices themselves. Their sections are `[mig GPU SLOT]`. */
#define _GNU_SOURCE
#include "nvml_handles.h"

EXPORT nvmlReturn_t nvmlDeviceIsMigDeviceHandle(nvmlDevice_t device, unsigned int *is_mig)
{
    DEVICE_CALL(device);
    NEEDS(is_mig);
    *is_mig = device->slot >= 0;
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned int *count)
{
    DEVICE_CALL(device);
    NEEDS(count && device->slot < 0);
    *count = state_text(section_of(device), "mig_mode") ? 7 : 0;
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned int index,
                                                        nvmlDevice_t *mig)
{
    DEVICE_CALL(device);
    NEEDS(mig && device->slot < 0);
    if (!state_number_or(section_of(device), "mig_mode", 0))
        return NVML_ERROR_NOT_SUPPORTED;
    NEEDS(index < MAX_MIG_SLOTS);
    if (!state_has(device_section(device->gpu, (int)index)))
        return NVML_ERROR_NOT_FOUND;
    *mig = handle_of(device->gpu, (int)index);
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetDeviceHandleFromMigDeviceHandle(nvmlDevice_t mig, nvmlDevice_t *device)
{
    DEVICE_CALL(mig);
    NEEDS(device && mig->slot >= 0);
    *device = handle_of(mig->gpu, -1);
    return NVML_SUCCESS;
}

#define INSTANCE_CALL(call, key)                                       \
    EXPORT nvmlReturn_t call(nvmlDevice_t device, unsigned int *id)    \
    {                                                                  \
        long long number;                                              \
        DEVICE_CALL(device);                                           \
        NEEDS(id && device->slot >= 0);                                \
        nvmlReturn_t code = give_number(device, key, &number);         \
        if (code == NVML_SUCCESS)                                      \
            *id = (unsigned int)number;                                \
        return code;                                                   \
    }

INSTANCE_CALL(nvmlDeviceGetGpuInstanceId, "gpu_instance")
INSTANCE_CALL(nvmlDeviceGetComputeInstanceId, "compute_instance")

static nvmlReturn_t give_attributes(const char *call, nvmlDevice_t device, nvmlDeviceAttributes_t *attributes)
{
    nvmlReturn_t refused = nvml_enter_device(call, device);

    if (refused != NVML_SUCCESS)
        return refused;
    NEEDS(attributes);
    if (device->slot < 0)
        return NVML_ERROR_NOT_SUPPORTED;
    unsigned int slices = (unsigned int)state_number_or(section_of(device), "slices", 1);
    *attributes = (nvmlDeviceAttributes_t){
        .multiprocessorCount = (unsigned int)state_number_or(section_of(device), "multiprocessors", 0),
        .sharedCopyEngineCount = 1,
        .gpuInstanceSliceCount = slices,
        .computeInstanceSliceCount = slices,
        .memorySizeMB = (unsigned long long)state_number_or(section_of(device), "memory_mib", 0),
    };
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetAttributes(nvmlDevice_t device, nvmlDeviceAttributes_t *attributes)
{
    return give_attributes(__func__, device, attributes);
}

EXPORT nvmlReturn_t nvmlDeviceGetAttributes_v2(nvmlDevice_t device, nvmlDeviceAttributes_t *attributes)
{
    return give_attributes(__func__, device, attributes);
}
