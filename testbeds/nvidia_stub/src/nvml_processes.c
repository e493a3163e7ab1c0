/* Process lists: a process stands in one as soon as it has a context, whether or not it computes. */
#define _GNU_SOURCE
#include <time.h>

#include "nvml_handles.h"
#include "processes.h"

static nvmlReturn_t find_processes(const char *call, nvmlDevice_t device, const char *kind, unsigned int *count,
                                   const void *infos, struct gpu_process *found, unsigned int *number)
{
    nvmlReturn_t refused = nvml_enter_device(call, device);

    if (refused != NVML_SUCCESS)
        return refused;
    NEEDS(count);
    unsigned int room = *count;
    *number = *count = (unsigned int)processes_on(device->gpu, device->slot, kind, found);
    /* The caller asks with no room first, to learn how much is needed. */
    if (*number > room)
        return NVML_ERROR_INSUFFICIENT_SIZE;
    NEEDS(infos || *number == 0);
    return NVML_SUCCESS;
}

static unsigned int instance_of(const struct gpu_process *process, const char *key)
{
    if (process->slot < 0)
        return NO_INSTANCE;
    return (unsigned int)state_number_or(device_section(process->gpu, process->slot), key, NO_INSTANCE);
}

#define FIRST_PROCESS_CALL(call, kind)                                                                 \
    EXPORT nvmlReturn_t call(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v1_t *infos)    \
    {                                                                                                  \
        struct gpu_process found[MAX_PROCESSES];                                                       \
        unsigned int number = 0;                                                                       \
        nvmlReturn_t code = find_processes(__func__, device, kind, count, infos, found, &number);      \
        for (unsigned int i = 0; code == NVML_SUCCESS && i < number; i++)                              \
            infos[i] = (nvmlProcessInfo_v1_t){found[i].pid, found[i].memory};                          \
        return code;                                                                                   \
    }

#define PROCESS_CALL(call, kind)                                                                       \
    EXPORT nvmlReturn_t call(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)       \
    {                                                                                                  \
        struct gpu_process found[MAX_PROCESSES];                                                       \
        unsigned int number = 0;                                                                       \
        nvmlReturn_t code = find_processes(__func__, device, kind, count, infos, found, &number);      \
        for (unsigned int i = 0; code == NVML_SUCCESS && i < number; i++)                              \
            infos[i] = (nvmlProcessInfo_t){found[i].pid, found[i].memory,                              \
                                           instance_of(&found[i], "gpu_instance"),                     \
                                           instance_of(&found[i], "compute_instance")};                \
        return code;                                                                                   \
    }

FIRST_PROCESS_CALL(nvmlDeviceGetComputeRunningProcesses, "compute")
FIRST_PROCESS_CALL(nvmlDeviceGetGraphicsRunningProcesses, "graphics")
FIRST_PROCESS_CALL(nvmlDeviceGetMPSComputeRunningProcesses, "mps")
PROCESS_CALL(nvmlDeviceGetComputeRunningProcesses_v2, "compute")
PROCESS_CALL(nvmlDeviceGetGraphicsRunningProcesses_v2, "graphics")
PROCESS_CALL(nvmlDeviceGetMPSComputeRunningProcesses_v2, "mps")
PROCESS_CALL(nvmlDeviceGetComputeRunningProcesses_v3, "compute")
PROCESS_CALL(nvmlDeviceGetGraphicsRunningProcesses_v3, "graphics")
PROCESS_CALL(nvmlDeviceGetMPSComputeRunningProcesses_v3, "mps")

/* One sample per process that the state gives a utilisation, always new. */
EXPORT nvmlReturn_t nvmlDeviceGetProcessUtilization(nvmlDevice_t device, nvmlProcessUtilizationSample_t *samples,
                                                    unsigned int *count, unsigned long long last_seen)
{
    struct gpu_process found[MAX_PROCESSES];
    struct timespec now;
    unsigned int room, used = 0;

    (void)last_seen;
    DEVICE_CALL(device);
    NEEDS(count);
    clock_gettime(CLOCK_REALTIME, &now);
    room = *count;
    int number = processes_on(device->gpu, device->slot, NULL, found);
    for (int i = 0; i < number; i++) {
        if (!found[i].utilization)
            continue;
        if (samples && used < room)
            samples[used] = (nvmlProcessUtilizationSample_t){
                .pid = found[i].pid,
                .timeStamp = (unsigned long long)now.tv_sec * 1000000ULL,
                .smUtil = found[i].utilization,
            };
        used++;
    }
    *count = used;
    return used > (samples ? room : 0) ? NVML_ERROR_INSUFFICIENT_SIZE : NVML_SUCCESS;
}
