/* Device handles: how many there are, how they are found, and what is read through them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "nvml_handles.h"

static struct nvmlDevice_st handles[MAX_GPUS][1 + MAX_MIG_SLOTS];

bool is_handle(nvmlDevice_t device)
{
    uintptr_t at = (uintptr_t)device, first = (uintptr_t)handles;

    return at >= first && at < first + sizeof handles && (at - first) % sizeof handles[0][0] == 0;
}

nvmlReturn_t nvml_enter_device(const char *call, nvmlDevice_t device)
{
    nvmlReturn_t refused = nvml_enter(call, is_handle(device) ? device->gpu : -1);

    if (refused == NVML_SUCCESS && !is_handle(device))
        return NVML_ERROR_INVALID_ARGUMENT;
    return refused;
}

nvmlDevice_t handle_of(int gpu, int slot)
{
    handles[gpu][1 + slot] = (struct nvmlDevice_st){gpu, slot};
    return &handles[gpu][1 + slot];
}

const char *section_of(nvmlDevice_t device)
{
    return device_section(device->gpu, device->slot);
}

nvmlReturn_t give_number(nvmlDevice_t device, const char *key, long long *value)
{
    int code = state_number(section_of(device), key, value);
    return code == STATE_ABSENT ? NVML_ERROR_NOT_SUPPORTED : (nvmlReturn_t)code;
}

nvmlReturn_t give_text(const char *section, const char *key, char *buffer, unsigned int length)
{
    const char *text = state_text(section, key);
    long long ignored;

    NEEDS(buffer);
    if (!text)
        return NVML_ERROR_NOT_SUPPORTED;
    if (*text == '!')
        return (nvmlReturn_t)state_number(section, key, &ignored);
    if (strlen(text) >= length)
        return NVML_ERROR_INSUFFICIENT_SIZE;
    strcpy(buffer, text);
    return NVML_SUCCESS;
}

static nvmlReturn_t count_gpus(const char *call, unsigned int *count)
{
    nvmlReturn_t refused = nvml_enter(call, -1);

    if (refused != NVML_SUCCESS)
        return refused;
    NEEDS(count);
    /* A library that counts what it then cannot hand out: the state may claim another number. */
    *count = (unsigned int)state_number_or("node", "count", gpu_sections());
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetCount(unsigned int *count)
{
    return count_gpus(__func__, count);
}

EXPORT nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count)
{
    return count_gpus(__func__, count);
}

/* A GPU is attached when its first handle is asked for, not at the initialisation: a bad one shows here. */
static nvmlReturn_t attach(int gpu, nvmlDevice_t *device)
{
    int node = hold_gpu_node(gpu);

    if (node < 0 && node != -ENOSYS)
        return node == -EPERM || node == -EACCES ? NVML_ERROR_NO_PERMISSION : NVML_ERROR_UNKNOWN;
    *device = handle_of(gpu, -1);
    return NVML_SUCCESS;
}

static nvmlReturn_t handle_by_index(const char *call, unsigned int index, nvmlDevice_t *device)
{
    nvmlReturn_t refused = nvml_enter(call, (int)index);

    if (refused != NVML_SUCCESS)
        return refused;
    NEEDS(device && index < (unsigned int)gpu_sections());
    return attach((int)index, device);
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned int index, nvmlDevice_t *device)
{
    return handle_by_index(__func__, index, device);
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device)
{
    return handle_by_index(__func__, index, device);
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device)
{
    SYSTEM_CALL();
    NEEDS(uuid && device);
    for (int gpu = 0; gpu < gpu_sections(); gpu++) {
        const char *own = state_text(device_section(gpu, -1), "uuid");
        if (own && !strcmp(own, uuid))
            return attach(gpu, device);
        for (int slot = 0; slot < MAX_MIG_SLOTS; slot++) {
            own = state_text(device_section(gpu, slot), "uuid");
            if (own && !strcmp(own, uuid)) {
                *device = handle_of(gpu, slot);
                return NVML_SUCCESS;
            }
        }
    }
    return NVML_ERROR_NOT_FOUND;
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleBySerial(const char *serial, nvmlDevice_t *device)
{
    SYSTEM_CALL();
    NEEDS(serial && device);
    for (int gpu = 0; gpu < gpu_sections(); gpu++) {
        const char *own = state_text(device_section(gpu, -1), "serial");
        if (own && !strcmp(own, serial))
            return attach(gpu, device);
    }
    return NVML_ERROR_NOT_FOUND;
}

/* `0001:00:00.0`, `00000001:00:00.0` and `1:00:00.0` are one address; without a domain it is domain 0. */
static bool parse_address(const char *text, unsigned int address[4])
{
    if (sscanf(text, "%x:%x:%x.%x", &address[0], &address[1], &address[2], &address[3]) == 4)
        return true;
    address[0] = 0;
    return sscanf(text, "%x:%x.%x", &address[1], &address[2], &address[3]) == 3;
}

static nvmlReturn_t handle_by_address(const char *call, const char *address, nvmlDevice_t *device)
{
    nvmlReturn_t refused = nvml_enter(call, -1);
    unsigned int wanted[4], found[4];

    if (refused != NVML_SUCCESS)
        return refused;
    NEEDS(address && device && parse_address(address, wanted));
    for (int gpu = 0; gpu < gpu_sections(); gpu++) {
        const char *own = state_text(device_section(gpu, -1), "pci");
        if (own && parse_address(own, found) && !memcmp(found, wanted, sizeof found))
            return attach(gpu, device);
    }
    return NVML_ERROR_NOT_FOUND;
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByPciBusId(const char *address, nvmlDevice_t *device)
{
    return handle_by_address(__func__, address, device);
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char *address, nvmlDevice_t *device)
{
    return handle_by_address(__func__, address, device);
}
