/* Memory errors and their repair, and field values: what says whether a GPU may be used on. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "nvml_handles.h"

static const char *const error_names[] = {"corrected", "uncorrected"};
static const char *const period_names[] = {"volatile", "aggregate"};

/* Both a current and a pending setting; the pending one is the current one where the state does not say. */
static nvmlReturn_t give_pair(nvmlDevice_t device, const char *key, long long *current, long long *pending)
{
    char pending_key[64];
    nvmlReturn_t code = give_number(device, key, current);

    if (code == NVML_SUCCESS) {
        snprintf(pending_key, sizeof pending_key, "%s_pending", key);
        *pending = state_number_or(section_of(device), pending_key, *current);
    }
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t device, nvmlEnableState_t *current, nvmlEnableState_t *pending)
{
    long long now, later;

    DEVICE_CALL(device);
    NEEDS(current && pending);
    nvmlReturn_t code = give_pair(device, "ecc_mode", &now, &later);
    if (code == NVML_SUCCESS) {
        *current = (nvmlEnableState_t)now;
        *pending = (nvmlEnableState_t)later;
    }
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int *current, unsigned int *pending)
{
    long long now, later;

    DEVICE_CALL(device);
    NEEDS(current && pending);
    nvmlReturn_t code = give_pair(device, "mig_mode", &now, &later);
    if (code == NVML_SUCCESS) {
        *current = (unsigned int)now;
        *pending = (unsigned int)later;
    }
    return code;
}

/* `ecc_volatile_uncorrected_sram` and its like. Nothing is counted while ECC is off. */
static nvmlReturn_t count_errors(nvmlDevice_t device, unsigned int error, unsigned int period, const char *place,
                                 unsigned long long *count)
{
    char key[64];
    long long number;

    NEEDS(error < 2 && period < 2);
    if (!state_number_or(section_of(device), "ecc_mode", 0))
        return NVML_ERROR_NOT_SUPPORTED;
    snprintf(key, sizeof key, "ecc_%s_%s_%s", period_names[period], error_names[error], place);
    nvmlReturn_t code = give_number(device, key, &number);
    if (code == NVML_SUCCESS)
        *count = (unsigned long long)number;
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t device, nvmlMemoryErrorType_t error,
                                                nvmlEccCounterType_t period, unsigned long long *count)
{
    unsigned long long sram, dram;

    DEVICE_CALL(device);
    NEEDS(count);
    nvmlReturn_t code = count_errors(device, error, period, "sram", &sram);
    if (code == NVML_SUCCESS)
        code = count_errors(device, error, period, "dram", &dram);
    if (code == NVML_SUCCESS)
        *count = sram + dram;
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetMemoryErrorCounter(nvmlDevice_t device, nvmlMemoryErrorType_t error,
                                                    nvmlEccCounterType_t period, nvmlMemoryLocation_t place,
                                                    unsigned long long *count)
{
    DEVICE_CALL(device);
    NEEDS(count);
    if (place != NVML_MEMORY_LOCATION_SRAM && place != NVML_MEMORY_LOCATION_DRAM)
        return NVML_ERROR_NOT_SUPPORTED;
    return count_errors(device, error, period, place == NVML_MEMORY_LOCATION_SRAM ? "sram" : "dram", count);
}

EXPORT nvmlReturn_t nvmlDeviceGetSramEccErrorStatus(nvmlDevice_t device, nvmlEccSramErrorStatus_t *status)
{
    long long exceeded;

    DEVICE_CALL(device);
    NEEDS(status);
    if (status->version != STRUCT_VERSION(nvmlEccSramErrorStatus_t, 1))
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    nvmlReturn_t code = give_number(device, "sram_threshold_exceeded", &exceeded);
    if (code != NVML_SUCCESS)
        return code;
    unsigned int version = status->version;
    memset(status, 0, sizeof *status);
    status->version = version;
    status->bThresholdExceeded = (unsigned int)exceeded;
    code = count_errors(device, 0, 0, "sram", &status->volatileCor);
    if (code == NVML_SUCCESS)
        code = count_errors(device, 1, 0, "sram", &status->volatileUncSecDed);
    if (code == NVML_SUCCESS)
        code = count_errors(device, 0, 1, "sram", &status->aggregateCor);
    if (code == NVML_SUCCESS)
        code = count_errors(device, 1, 1, "sram", &status->aggregateUncSecDed);
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetRemappedRows(nvmlDevice_t device, unsigned int *corrected, unsigned int *uncorrected,
                                              unsigned int *pending, unsigned int *failed)
{
    long long number;

    DEVICE_CALL(device);
    NEEDS(corrected && uncorrected && pending && failed);
    nvmlReturn_t code = give_number(device, "remapped_corrected", &number);
    if (code == NVML_SUCCESS) {
        *corrected = (unsigned int)number;
        *uncorrected = (unsigned int)state_number_or(section_of(device), "remapped_uncorrected", 0);
        *pending = (unsigned int)state_number_or(section_of(device), "remap_pending", 0);
        *failed = (unsigned int)state_number_or(section_of(device), "remap_failed", 0);
    }
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetRowRemapperHistogram(nvmlDevice_t device, nvmlRowRemapperHistogramValues_t *banks)
{
    const char *text;

    DEVICE_CALL(device);
    NEEDS(banks);
    text = state_text(section_of(device), "remap_histogram");
    return text && sscanf(text, "%u %u %u %u %u", &banks->max, &banks->high, &banks->partial, &banks->low,
                          &banks->none) == 5
               ? NVML_SUCCESS
               : NVML_ERROR_NOT_SUPPORTED;
}

static nvmlReturn_t list_retired(const char *call, nvmlDevice_t device, unsigned int cause, unsigned int *count,
                                 unsigned long long *addresses, unsigned long long *times)
{
    nvmlReturn_t refused = nvml_enter_device(call, device);
    long long retired;

    if (refused != NVML_SUCCESS)
        return refused;
    NEEDS(count && cause < 2);
    nvmlReturn_t code =
        give_number(device, cause ? "retired_double_bit" : "retired_single_bit", &retired);
    if (code != NVML_SUCCESS)
        return code;
    unsigned int room = *count;
    *count = (unsigned int)retired;
    if (room < *count)
        return NVML_ERROR_INSUFFICIENT_SIZE;
    for (unsigned int page = 0; page < *count; page++) {
        if (addresses)
            addresses[page] = 0x10000ULL * (page + 1);
        if (times)
            times[page] = 0;
    }
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetRetiredPages(nvmlDevice_t device, nvmlPageRetirementCause_t cause,
                                              unsigned int *count, unsigned long long *addresses)
{
    return list_retired(__func__, device, cause, count, addresses, NULL);
}

EXPORT nvmlReturn_t nvmlDeviceGetRetiredPages_v2(nvmlDevice_t device, nvmlPageRetirementCause_t cause,
                                                 unsigned int *count, unsigned long long *addresses,
                                                 unsigned long long *times)
{
    return list_retired(__func__, device, cause, count, addresses, times);
}

EXPORT nvmlReturn_t nvmlDeviceGetRetiredPagesPendingStatus(nvmlDevice_t device, nvmlEnableState_t *pending)
{
    long long number;

    DEVICE_CALL(device);
    NEEDS(pending);
    nvmlReturn_t code = give_number(device, "retired_pending", &number);
    if (code == NVML_SUCCESS)
        *pending = (nvmlEnableState_t)number;
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceGetRepairStatus(nvmlDevice_t device, nvmlRepairStatus_t *status)
{
    long long channel;

    DEVICE_CALL(device);
    NEEDS(status);
    if (status->version != STRUCT_VERSION(nvmlRepairStatus_t, 1))
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    nvmlReturn_t code = give_number(device, "channel_repair_pending", &channel);
    if (code == NVML_SUCCESS) {
        status->bChannelRepairPending = (unsigned int)channel;
        status->bTpcRepairPending = (unsigned int)state_number_or(section_of(device), "tpc_repair_pending", 0);
    }
    return code;
}

/* The call succeeds whatever becomes of its fields: each carries a code of its own, and one that is not supported has
   the value 0, which for the recovery action also means "none". */
EXPORT nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, nvmlFieldValue_t *values)
{
    char key[32];
    long long number;

    DEVICE_CALL(device);
    NEEDS(values && count > 0);
    for (int i = 0; i < count; i++) {
        nvmlFieldValue_t *field = &values[i];
        snprintf(key, sizeof key, "field_values.%u", field->fieldId);
        field->timestamp = 0;
        field->latencyUsec = 0;
        field->value.ullVal = 0;
        field->valueType = NVML_VALUE_TYPE_UNSIGNED_INT;
        field->nvmlReturn = give_number(device, key, &number);
        if (field->nvmlReturn != NVML_SUCCESS)
            continue;
        if (number > 0xFFFFFFFFLL)
            field->valueType = NVML_VALUE_TYPE_UNSIGNED_LONG_LONG;
        field->value.ullVal = (unsigned long long)number;
    }
    return NVML_SUCCESS;
}
