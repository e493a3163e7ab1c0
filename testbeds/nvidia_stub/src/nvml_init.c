/* Initialisation: how the library reaches the driver, and the device nodes that it holds from then on. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device_nodes.h"
#include "nvml_handles.h"

static pthread_mutex_t initialising = PTHREAD_MUTEX_INITIALIZER;
static int initialisations;
static int control_node = -1, gpu_nodes[MAX_GPUS];

__attribute__((constructor)) static void note_loading(void)
{
    for (int gpu = 0; gpu < MAX_GPUS; gpu++)
        gpu_nodes[gpu] = -1;
    state_enter();
    log_call("load:libnvidia-ml.so.1", -1);
}

nvmlReturn_t nvml_enter(const char *call, int gpu)
{
    nvmlReturn_t code = (nvmlReturn_t)call_begin(call, gpu);
    return initialisations > 0 ? code : NVML_ERROR_UNINITIALIZED;
}

/* What the real library answers when it cannot open /dev/nvidiactl: seen with 535 and 550, errno injected. */
static nvmlReturn_t code_of_open_error(int error)
{
    switch (error) {
    case ENOENT:
    case ENXIO:
        return NVML_ERROR_DRIVER_NOT_LOADED;
    case EACCES:
        return NVML_ERROR_NO_PERMISSION;
    case EIO:
    case EMFILE:
        return NVML_ERROR_OPERATING_SYSTEM;
    default:
        return NVML_ERROR_UNKNOWN;
    }
}

static nvmlReturn_t reach_driver(void)
{
    const char *module = state_text("node", "module"), *library = state_text("node", "library");

    if (!state_exists())
        return NVML_ERROR_DRIVER_NOT_LOADED;
    if (!module)
        leave_control_node();
    control_node = open_device_node("nvidiactl");
    if (control_node < 0 && control_node != -ENOSYS)
        return code_of_open_error(-control_node);
    if (!module)
        return NVML_ERROR_DRIVER_NOT_LOADED;
    return library && strcmp(module, library) != 0 ? NVML_ERROR_LIB_RM_VERSION_MISMATCH : NVML_SUCCESS;
}

static void close_nodes(void)
{
    if (control_node >= 0)
        close(control_node);
    control_node = -1;
    for (int gpu = 0; gpu < MAX_GPUS; gpu++) {
        if (gpu_nodes[gpu] >= 0)
            close(gpu_nodes[gpu]);
        gpu_nodes[gpu] = -1;
    }
}

static nvmlReturn_t initialise(const char *call)
{
    nvmlReturn_t code = (nvmlReturn_t)call_begin(call, -1);

    if (code != NVML_SUCCESS)
        return code;
    pthread_mutex_lock(&initialising);
    if (initialisations == 0) {
        code = reach_driver();
        if (code != NVML_SUCCESS)
            close_nodes();
    }
    if (code == NVML_SUCCESS)
        initialisations++;
    pthread_mutex_unlock(&initialising);
    return code;
}

EXPORT nvmlReturn_t nvmlInit(void)
{
    return initialise(__func__);
}

EXPORT nvmlReturn_t nvmlInit_v2(void)
{
    return initialise(__func__);
}

EXPORT nvmlReturn_t nvmlInitWithFlags(unsigned int flags)
{
    (void)flags;
    return initialise(__func__);
}

EXPORT nvmlReturn_t nvmlShutdown(void)
{
    nvmlReturn_t code = (nvmlReturn_t)call_begin(__func__, -1);

    pthread_mutex_lock(&initialising);
    if (initialisations > 0 && --initialisations == 0)
        close_nodes();
    pthread_mutex_unlock(&initialising);
    /* Without an initialisation the header promises UNINITIALIZED; the libraries of 470, 535 and 550 say SUCCESS. */
    return code;
}

int hold_gpu_node(int gpu)
{
    char name[32];
    int minor = (int)state_number_or(device_section(gpu, -1), "minor", gpu);

    pthread_mutex_lock(&initialising);
    if (gpu_nodes[gpu] < 0) {
        snprintf(name, sizeof name, "nvidia%d", minor);
        gpu_nodes[gpu] = open_device_node(name);
    }
    int node = gpu_nodes[gpu];
    pthread_mutex_unlock(&initialising);
    return node;
}
