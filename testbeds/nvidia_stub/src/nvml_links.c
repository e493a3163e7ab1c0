/* NVLink, NVSwitch fabric and topology: how GPUs reach each other. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nvml_handles.h"

/* Boards without NVLink support none of this; on the others a link that does not exist is a bad argument. */
static nvmlReturn_t enter_link(const char *call, nvmlDevice_t device, unsigned int link)
{
    nvmlReturn_t refused = nvml_enter_device(call, device);
    long long links;

    if (refused == NVML_SUCCESS)
        refused = give_number(device, "nvlinks", &links);
    if (refused == NVML_SUCCESS && (long long)link >= links)
        refused = NVML_ERROR_INVALID_ARGUMENT;
    return refused;
}

static bool is_listed(const char *list, unsigned int number)
{
    while (list && *list) {
        char *end;
        if (strtoul(list, &end, 10) == number && end != list)
            return true;
        list = *end ? end + 1 : end;
    }
    return false;
}

EXPORT nvmlReturn_t nvmlDeviceGetNvLinkState(nvmlDevice_t device, unsigned int link, nvmlEnableState_t *active)
{
    nvmlReturn_t refused = enter_link(__func__, device, link);

    if (refused != NVML_SUCCESS)
        return refused;
    NEEDS(active);
    bool down = is_listed(state_text(section_of(device), "nvlinks_down"), link);
    *active = down ? NVML_FEATURE_DISABLED : NVML_FEATURE_ENABLED;
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetNvLinkVersion(nvmlDevice_t device, unsigned int link, unsigned int *version)
{
    nvmlReturn_t refused = enter_link(__func__, device, link);

    if (refused != NVML_SUCCESS)
        return refused;
    NEEDS(version);
    *version = (unsigned int)state_number_or(section_of(device), "nvlink_version", 0);
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetNvLinkErrorCounter(nvmlDevice_t device, unsigned int link,
                                                    nvmlNvLinkErrorCounter_t counter, unsigned long long *value)
{
    char key[64];
    nvmlReturn_t refused = enter_link(__func__, device, link);

    if (refused != NVML_SUCCESS)
        return refused;
    NEEDS(value);
    snprintf(key, sizeof key, "nvlink_errors.%u.%u", link, (unsigned int)counter);
    *value = (unsigned long long)state_number_or(section_of(device), key, 0);
    return NVML_SUCCESS;
}

/* ---- fabric ---- */

static void parse_uuid(const char *text, unsigned char bytes[NVML_GPU_FABRIC_UUID_LEN])
{
    memset(bytes, 0, NVML_GPU_FABRIC_UUID_LEN);
    for (int digits = 0; text && *text && digits < 2 * NVML_GPU_FABRIC_UUID_LEN; text++) {
        if (!isxdigit((unsigned char)*text))
            continue;
        int value = isdigit((unsigned char)*text) ? *text - '0' : (*text | 32) - 'a' + 10;
        bytes[digits / 2] = (unsigned char)(bytes[digits / 2] << 4 | value);
        digits++;
    }
}

static nvmlReturn_t read_fabric(nvmlDevice_t device, nvmlGpuFabricInfoV_t *info)
{
    const char *section = section_of(device);
    long long state;
    nvmlReturn_t code = give_number(device, "fabric_state", &state);

    if (code != NVML_SUCCESS)
        return code;
    parse_uuid(state_text(section, "fabric_cluster"), info->clusterUuid);
    info->status = (nvmlReturn_t)state_number_or(section, "fabric_status", 0);
    info->cliqueId = (unsigned int)state_number_or(section, "fabric_clique", 0);
    info->state = (nvmlGpuFabricState_t)state;
    info->healthMask = (unsigned int)state_number_or(section, "fabric_health_mask", 0);
    info->healthSummary = (unsigned char)state_number_or(section, "fabric_health_summary", 0);
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetGpuFabricInfo(nvmlDevice_t device, nvmlGpuFabricInfo_t *info)
{
    nvmlGpuFabricInfoV_t read;

    DEVICE_CALL(device);
    NEEDS(info);
    nvmlReturn_t code = read_fabric(device, &read);
    if (code != NVML_SUCCESS)
        return code;
    memcpy(info->clusterUuid, read.clusterUuid, sizeof info->clusterUuid);
    info->status = read.status;
    info->cliqueId = read.cliqueId;
    info->state = read.state;
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetGpuFabricInfoV(nvmlDevice_t device, nvmlGpuFabricInfoV_t *info)
{
    nvmlGpuFabricInfoV_t read = {0};

    DEVICE_CALL(device);
    NEEDS(info);
    read.version = info->version;
    size_t size = read.version == STRUCT_VERSION(nvmlGpuFabricInfo_v2_t, 2)  ? sizeof(nvmlGpuFabricInfo_v2_t)
                  : read.version == STRUCT_VERSION(nvmlGpuFabricInfoV_t, 3) ? sizeof(nvmlGpuFabricInfoV_t)
                                                                            : 0;
    /* The third version came with 580. */
    const char *library = state_text("node", "library");
    if (!size || (size == sizeof read && library && atoi(library) < 580))
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    nvmlReturn_t code = read_fabric(device, &read);
    if (code == NVML_SUCCESS)
        memcpy(info, &read, size); /* the second version is the beginning of the third */
    return code;
}

/* ---- topology ---- */

EXPORT nvmlReturn_t nvmlDeviceGetTopologyCommonAncestor(nvmlDevice_t one, nvmlDevice_t other,
                                                        nvmlGpuTopologyLevel_t *level)
{
    DEVICE_CALL(one);
    NEEDS(is_handle(other) && level);
    long long a = state_number_or(section_of(one), "numa_node", 0);
    long long b = state_number_or(section_of(other), "numa_node", 0);
    *level = one->gpu == other->gpu ? NVML_TOPOLOGY_INTERNAL : a == b ? NVML_TOPOLOGY_HOSTBRIDGE : NVML_TOPOLOGY_SYSTEM;
    return NVML_SUCCESS;
}
