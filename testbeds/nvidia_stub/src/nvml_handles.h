/* Device handles, and what every NVML call does before its own work. */
#ifndef STUB_NVML_HANDLES_H
#define STUB_NVML_HANDLES_H

#include <stdbool.h>

#include "calls.h"
#include "nvml_api.h"
#include "state.h"

#define MIB (1024ULL * 1024ULL)
#define NO_INSTANCE 0xFFFFFFFFU

struct nvmlDevice_st {
    int gpu, slot; /* slot -1: the whole GPU */
};

/* Begin a call; leave it at once where the library is not initialised, the handle is none, or a fault is due. */
#define SYSTEM_CALL()                                                  \
    do {                                                               \
        nvmlReturn_t refused = nvml_enter(__func__, -1);               \
        if (refused != NVML_SUCCESS)                                   \
            return refused;                                            \
    } while (0)

#define DEVICE_CALL(device)                                            \
    do {                                                               \
        nvmlReturn_t refused = nvml_enter_device(__func__, device);    \
        if (refused != NVML_SUCCESS)                                   \
            return refused;                                            \
    } while (0)

#define NEEDS(argument)                                                \
    do {                                                               \
        if (!(argument))                                               \
            return NVML_ERROR_INVALID_ARGUMENT;                        \
    } while (0)

nvmlReturn_t nvml_enter(const char *call, int gpu);
nvmlReturn_t nvml_enter_device(const char *call, nvmlDevice_t device);

/* Opens a GPU's device node, once, until the last shutdown. Returns what open_device_node() returns. */
int hold_gpu_node(int gpu);

bool is_handle(nvmlDevice_t device);
nvmlDevice_t handle_of(int gpu, int slot);
const char *section_of(nvmlDevice_t device);

/* Answers from the device's section. What is not there is not supported. */
nvmlReturn_t give_number(nvmlDevice_t device, const char *key, long long *value);
nvmlReturn_t give_text(const char *section, const char *key, char *buffer, unsigned int length);

#endif
