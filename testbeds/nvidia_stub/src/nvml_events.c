/* Event sets. `[event N]` sections are delivered in their order, each once per set, `after_ms` after its creation;
   sections that are added while a caller waits are delivered too. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <time.h>

#include "nvml_handles.h"

#define MAX_EVENTS 256
#define POLL_MS 10

struct nvmlEventSet_st {
    unsigned long long wanted[MAX_GPUS]; /* event types registered for each GPU */
    bool delivered[MAX_EVENTS];
    long long created_ms;
};

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

EXPORT nvmlReturn_t nvmlEventSetCreate(nvmlEventSet_t *set)
{
    SYSTEM_CALL();
    NEEDS(set);
    *set = calloc(1, sizeof **set);
    if (!*set)
        return NVML_ERROR_MEMORY;
    (*set)->created_ms = now_ms();
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlEventSetFree(nvmlEventSet_t set)
{
    SYSTEM_CALL();
    NEEDS(set);
    free(set);
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetSupportedEventTypes(nvmlDevice_t device, unsigned long long *types)
{
    long long number;

    DEVICE_CALL(device);
    NEEDS(types);
    nvmlReturn_t code = give_number(device, "event_types", &number);
    if (code == NVML_SUCCESS)
        *types = (unsigned long long)number;
    return code;
}

EXPORT nvmlReturn_t nvmlDeviceRegisterEvents(nvmlDevice_t device, unsigned long long types, nvmlEventSet_t set)
{
    long long supported;

    DEVICE_CALL(device);
    NEEDS(set);
    nvmlReturn_t code = give_number(device, "event_types", &supported);
    if (code == NVML_SUCCESS && types & ~(unsigned long long)supported)
        code = NVML_ERROR_NOT_SUPPORTED;
    if (code == NVML_SUCCESS)
        set->wanted[device->gpu] |= types;
    return code;
}

static bool take_event(nvmlEventSet_t set, nvmlEventData_t *data)
{
    for (int i = 0; i < MAX_EVENTS && state_has(numbered_section("event", i)); i++) {
        const char *section = numbered_section("event", i);
        int gpu = (int)state_number_or(section, "gpu", 0);
        unsigned long long type = (unsigned long long)state_number_or(section, "type", 8);
        bool is_due = now_ms() >= set->created_ms + state_number_or(section, "after_ms", 0);
        if (set->delivered[i] || !is_due || gpu < 0 || gpu >= MAX_GPUS || !(set->wanted[gpu] & type))
            continue;
        set->delivered[i] = true;
        *data = (nvmlEventData_t){
            .device = handle_of(gpu, -1),
            .eventType = type,
            .eventData = (unsigned long long)state_number_or(section, "data", 0),
            .gpuInstanceId = NO_INSTANCE,
            .computeInstanceId = NO_INSTANCE,
        };
        return true;
    }
    return false;
}

static nvmlReturn_t wait_for_event(const char *call, nvmlEventSet_t set, nvmlEventData_t *data,
                                   unsigned int timeout_ms)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};
    long long until = now_ms() + timeout_ms;
    nvmlReturn_t refused = nvml_enter(call, -1);

    if (refused != NVML_SUCCESS)
        return refused;
    NEEDS(set && data);
    while (!take_event(set, data)) {
        if (now_ms() >= until)
            return NVML_ERROR_TIMEOUT;
        nanosleep(&pause, NULL);
        state_enter();
    }
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlEventSetWait(nvmlEventSet_t set, nvmlEventData_t *data, unsigned int timeout_ms)
{
    return wait_for_event(__func__, set, data, timeout_ms);
}

EXPORT nvmlReturn_t nvmlEventSetWait_v2(nvmlEventSet_t set, nvmlEventData_t *data, unsigned int timeout_ms)
{
    return wait_for_event(__func__, set, data, timeout_ms);
}
