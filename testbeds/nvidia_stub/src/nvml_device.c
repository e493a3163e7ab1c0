/* What a device is and how it is doing: answers that are one value of the state each, and a few small structs. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "nvml_handles.h"
#include "processes.h"

/* ---- texts ---- */

#define TEXT_CALL(call, key)                                                             \
    EXPORT nvmlReturn_t call(nvmlDevice_t device, char *buffer, unsigned int length)     \
    {                                                                                    \
        DEVICE_CALL(device);                                                             \
        return give_text(section_of(device), key, buffer, length);                       \
    }

TEXT_CALL(nvmlDeviceGetName, "name")
TEXT_CALL(nvmlDeviceGetUUID, "uuid")
TEXT_CALL(nvmlDeviceGetSerial, "serial")
TEXT_CALL(nvmlDeviceGetVbiosVersion, "vbios")
TEXT_CALL(nvmlDeviceGetBoardPartNumber, "part_number")
TEXT_CALL(nvmlDeviceGetInforomImageVersion, "inforom")

EXPORT nvmlReturn_t nvmlDeviceGetGspFirmwareVersion(nvmlDevice_t device, char *version)
{
    DEVICE_CALL(device);
    return give_text(section_of(device), "gsp_firmware", version, 80);
}

EXPORT nvmlReturn_t nvmlDeviceValidateInforom(nvmlDevice_t device)
{
    long long ignored;

    DEVICE_CALL(device);
    return give_number(device, "inforom_valid", &ignored);
}

/* ---- single numbers ---- */

#define NUMBER_CALL(call, type, key)                                                     \
    EXPORT nvmlReturn_t call(nvmlDevice_t device, type *value)                           \
    {                                                                                    \
        long long number;                                                                \
        DEVICE_CALL(device);                                                             \
        NEEDS(value);                                                                    \
        nvmlReturn_t code = give_number(device, key, &number);                           \
        if (code == NVML_SUCCESS)                                                        \
            *value = (type)number;                                                       \
        return code;                                                                     \
    }

NUMBER_CALL(nvmlDeviceGetArchitecture, nvmlDeviceArchitecture_t, "architecture")
NUMBER_CALL(nvmlDeviceGetBrand, nvmlBrandType_t, "brand")
NUMBER_CALL(nvmlDeviceGetComputeMode, nvmlComputeMode_t, "compute_mode")
NUMBER_CALL(nvmlDeviceGetCurrPcieLinkGeneration, unsigned int, "pcie_generation")
NUMBER_CALL(nvmlDeviceGetCurrPcieLinkWidth, unsigned int, "pcie_width")
NUMBER_CALL(nvmlDeviceGetCurrentClocksEventReasons, unsigned long long, "clocks_event_reasons")
NUMBER_CALL(nvmlDeviceGetCurrentClocksThrottleReasons, unsigned long long, "clocks_event_reasons")
NUMBER_CALL(nvmlDeviceGetSupportedClocksEventReasons, unsigned long long, "clocks_event_reasons_supported")
NUMBER_CALL(nvmlDeviceGetSupportedClocksThrottleReasons, unsigned long long, "clocks_event_reasons_supported")
NUMBER_CALL(nvmlDeviceGetEnforcedPowerLimit, unsigned int, "power_limit_mw")
NUMBER_CALL(nvmlDeviceGetPowerManagementLimit, unsigned int, "power_limit_mw")
NUMBER_CALL(nvmlDeviceGetPowerUsage, unsigned int, "power_mw")
NUMBER_CALL(nvmlDeviceGetMaxPcieLinkGeneration, unsigned int, "pcie_generation_max")
NUMBER_CALL(nvmlDeviceGetMaxPcieLinkWidth, unsigned int, "pcie_width_max")
NUMBER_CALL(nvmlDeviceGetMinorNumber, unsigned int, "minor")
NUMBER_CALL(nvmlDeviceGetNumGpuCores, unsigned int, "cores")
NUMBER_CALL(nvmlDeviceGetNumaNodeId, unsigned int, "numa_node")
NUMBER_CALL(nvmlDeviceGetPcieReplayCounter, unsigned int, "pcie_replays")
NUMBER_CALL(nvmlDeviceGetPerformanceState, nvmlPstates_t, "performance_state")
NUMBER_CALL(nvmlDeviceGetPersistenceMode, nvmlEnableState_t, "persistence_mode")
NUMBER_CALL(nvmlDeviceGetVirtualizationMode, nvmlGpuVirtualizationMode_t, "virtualization_mode")

EXPORT nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned int *index)
{
    DEVICE_CALL(device);
    NEEDS(index);
    *index = (unsigned int)(device->slot < 0 ? device->gpu : device->slot);
    return NVML_SUCCESS;
}

/* ---- numbers chosen by an argument: `clock.1`, `temperature_threshold.0`, ... ---- */

static nvmlReturn_t give_indexed(nvmlDevice_t device, const char *key, int index, long long *value)
{
    char indexed[64];

    snprintf(indexed, sizeof indexed, "%s.%d", key, index);
    return give_number(device, indexed, value);
}

#define INDEXED_CALL(call, index_type, key)                                              \
    EXPORT nvmlReturn_t call(nvmlDevice_t device, index_type index, unsigned int *value) \
    {                                                                                    \
        long long number;                                                                \
        DEVICE_CALL(device);                                                             \
        NEEDS(value);                                                                    \
        nvmlReturn_t code = give_indexed(device, key, (int)index, &number);              \
        if (code == NVML_SUCCESS)                                                        \
            *value = (unsigned int)number;                                               \
        return code;                                                                     \
    }

INDEXED_CALL(nvmlDeviceGetClockInfo, nvmlClockType_t, "clock")
INDEXED_CALL(nvmlDeviceGetMaxClockInfo, nvmlClockType_t, "clock_max")
INDEXED_CALL(nvmlDeviceGetTemperature, nvmlTemperatureSensors_t, "temperature")
INDEXED_CALL(nvmlDeviceGetTemperatureThreshold, nvmlTemperatureThresholds_t, "temperature_threshold")

EXPORT nvmlReturn_t nvmlDeviceGetTemperatureV(nvmlDevice_t device, nvmlTemperature_t *temperature)
{
    long long number;

    DEVICE_CALL(device);
    NEEDS(temperature);
    if (temperature->version != STRUCT_VERSION(nvmlTemperature_t, 1))
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    nvmlReturn_t code = give_indexed(device, "temperature", (int)temperature->sensorType, &number);
    if (code == NVML_SUCCESS)
        temperature->temperature = (int)number;
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetMarginTemperature(nvmlDevice_t device, nvmlMarginTemperature_t *margin)
{
    long long number;

    DEVICE_CALL(device);
    NEEDS(margin);
    if (margin->version != STRUCT_VERSION(nvmlMarginTemperature_t, 1))
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    nvmlReturn_t code = give_number(device, "temperature_margin", &number);
    if (code == NVML_SUCCESS)
        margin->marginTemperature = (int)number;
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetViolationStatus(nvmlDevice_t device, nvmlPerfPolicyType_t policy,
                                                 nvmlViolationTime_t *times)
{
    long long nanoseconds;

    DEVICE_CALL(device);
    NEEDS(times);
    nvmlReturn_t code = give_indexed(device, "violation_ns", (int)policy, &nanoseconds);
    if (code == NVML_SUCCESS)
        *times = (nvmlViolationTime_t){0, (unsigned long long)nanoseconds};
    return code;
}

/* ---- small structs ---- */

EXPORT nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int *major, int *minor)
{
    const char *text;

    DEVICE_CALL(device);
    NEEDS(major && minor);
    text = state_text(device_section(device->gpu, -1), "capability");
    return text && sscanf(text, "%d.%d", major, minor) == 2 ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
}

static nvmlReturn_t give_address(const char *call, nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    nvmlReturn_t refused = nvml_enter_device(call, device);
    unsigned int domain, bus, number, function;

    if (refused != NVML_SUCCESS)
        return refused;
    NEEDS(pci);
    const char *section = device_section(device->gpu, -1), *text = state_text(section, "pci");
    if (!text || sscanf(text, "%x:%x:%x.%x", &domain, &bus, &number, &function) != 4)
        return NVML_ERROR_NOT_SUPPORTED;
    memset(pci, 0, sizeof *pci);
    pci->domain = domain;
    pci->bus = bus;
    pci->device = number;
    pci->pciDeviceId = (unsigned int)state_number_or(section, "pci_device_id", 0);
    pci->pciSubSystemId = (unsigned int)state_number_or(section, "pci_subsystem_id", 0);
    /* sysfs and the legacy field write four digits of domain, the newer field eight. */
    snprintf(pci->busIdLegacy, sizeof pci->busIdLegacy, "%04X:%02X:%02X.%X", domain & 0xFFFF, bus & 0xFF,
             number & 0xFF, function & 7);
    snprintf(pci->busId, sizeof pci->busId, "%08X:%02X:%02X.%X", domain, bus, number, function);
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetPciInfo(nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    return give_address(__func__, device, pci);
}

EXPORT nvmlReturn_t nvmlDeviceGetPciInfo_v2(nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    return give_address(__func__, device, pci);
}

EXPORT nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    return give_address(__func__, device, pci);
}

static nvmlReturn_t measure_memory(nvmlDevice_t device, nvmlMemory_v2_t *memory)
{
    long long total;
    nvmlReturn_t code = give_number(device, "memory_mib", &total);

    if (code != NVML_SUCCESS)
        return code;
    memory->total = (unsigned long long)total * MIB;
    memory->reserved = (unsigned long long)state_number_or(section_of(device), "memory_reserved_mib", 0) * MIB;
    memory->used = (unsigned long long)state_number_or(section_of(device), "memory_used_mib", 0) * MIB;
    memory->used += memory_of_processes(device->gpu, device->slot, 0);
    unsigned long long taken = memory->reserved + memory->used;
    memory->free = taken < memory->total ? memory->total - taken : 0;
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory)
{
    nvmlMemory_v2_t measured;

    DEVICE_CALL(device);
    NEEDS(memory);
    nvmlReturn_t code = measure_memory(device, &measured);
    /* The older form counts what the driver keeps for itself as used. */
    if (code == NVML_SUCCESS)
        *memory = (nvmlMemory_t){measured.total, measured.free, measured.total - measured.free};
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory)
{
    DEVICE_CALL(device);
    NEEDS(memory);
    if (memory->version != STRUCT_VERSION(nvmlMemory_v2_t, 2))
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    return measure_memory(device, memory);
}

EXPORT nvmlReturn_t nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t device, nvmlBAR1Memory_t *memory)
{
    long long total;

    DEVICE_CALL(device);
    NEEDS(memory);
    nvmlReturn_t code = give_number(device, "bar1_mib", &total);
    if (code == NVML_SUCCESS)
        *memory = (nvmlBAR1Memory_t){(unsigned long long)total * MIB, (unsigned long long)total * MIB, 0};
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *utilization)
{
    long long gpu;

    DEVICE_CALL(device);
    NEEDS(utilization);
    /* Under MIG there is no utilisation of the whole. */
    if (state_number_or(section_of(device), "mig_mode", 0))
        return NVML_ERROR_NOT_SUPPORTED;
    nvmlReturn_t code = give_number(device, "utilization_gpu", &gpu);
    if (code == NVML_SUCCESS) {
        utilization->gpu = (unsigned int)gpu;
        utilization->memory = (unsigned int)state_number_or(section_of(device), "utilization_memory", 0);
    }
    return code;
}
