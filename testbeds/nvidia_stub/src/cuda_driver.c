/* cuInit and what can be asked without a context. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cuda_device.h"
#include "device_nodes.h"

static struct visible_device devices[MAX_GPUS];
static int device_count;
static pid_t initialised_by;
static pthread_mutex_t initialising = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void note_loading(void)
{
    state_enter();
    log_call("load:libcuda.so.1", -1);
}

/* The toolkit's library for linking on machines without a driver lies in a folder `stubs` and does nothing. */
static bool is_link_stub(void)
{
    return strstr(library_path(), "/stubs/") != NULL;
}

static bool is_compat(void)
{
    return strstr(library_path(), "/compat/") != NULL;
}

CUresult cuda_enter(const char *call, int gpu)
{
    CUresult code = (CUresult)call_begin(call, gpu);

    if (is_link_stub())
        return CUDA_ERROR_STUB_LIBRARY;
    /* A forked child has its parent's memory but not its connection to the driver. */
    return initialised_by == getpid() ? code : CUDA_ERROR_NOT_INITIALIZED;
}

const struct visible_device *cuda_device(CUdevice ordinal)
{
    return ordinal >= 0 && ordinal < device_count ? &devices[ordinal] : NULL;
}

CUresult cuda_enter_device(const char *call, CUdevice ordinal)
{
    const struct visible_device *device = cuda_device(ordinal);
    CUresult refused = cuda_enter(call, device ? device->gpu : -1);

    return refused == CUDA_SUCCESS && !device ? CUDA_ERROR_INVALID_DEVICE : refused;
}

/* ---- cuInit ---- */

static CUresult reach_driver(void)
{
    const char *module = state_text("node", "module"), *library = state_text("node", "library");

    if (!state_exists())
        return CUDA_ERROR_NO_DEVICE;
    if (!module)
        leave_control_node();
    int control = open_device_node("nvidiactl");
    /* Every way of not reaching the driver looks alike here; NVML tells them apart. */
    if (!module || (control < 0 && control != -ENOSYS))
        return CUDA_ERROR_NO_DEVICE;
    if (is_compat() && state_text("node", "compat_code"))
        return (CUresult)state_number_or("node", "compat_code", 0);
    if (!is_compat() && library && strcmp(module, library) != 0)
        return CUDA_ERROR_SYSTEM_DRIVER_MISMATCH;
    int memory = open_device_node("nvidia-uvm");
    return memory < 0 && memory != -ENOSYS ? CUDA_ERROR_UNKNOWN : CUDA_SUCCESS;
}

/* Without a fabric manager the GPUs of an NVSwitch board answer NVML but not CUDA. From Hopper on, NVML tells it too. */
static bool fabric_is_up(int gpu)
{
    const char *section = device_section(gpu, -1);

    if (!state_number_or("node", "fabric_manager", 1))
        return false;
    long long state = state_number_or(section, "fabric_state", 0);
    return state != 1 && state != 2 && !(state == 3 && state_number_or(section, "fabric_status", 0));
}

static CUresult attach_devices(void)
{
    char name[32];

    device_count = find_visible_devices(devices);
    if (device_count == 0)
        return CUDA_ERROR_NO_DEVICE;
    for (int i = 0; i < device_count; i++) {
        int gpu = devices[i].gpu;
        if (!fabric_is_up(gpu))
            return CUDA_ERROR_SYSTEM_NOT_READY;
        snprintf(name, sizeof name, "nvidia%d", (int)state_number_or(device_section(gpu, -1), "minor", gpu));
        int node = open_device_node(name);
        if (node < 0 && node != -ENOSYS)
            return CUDA_ERROR_NO_DEVICE;
    }
    return CUDA_SUCCESS;
}

EXPORT CUresult cuInit(unsigned int flags)
{
    CUresult code = (CUresult)call_begin(__func__, -1);

    if (is_link_stub())
        return CUDA_ERROR_STUB_LIBRARY;
    if (code != CUDA_SUCCESS)
        return code;
    CUDA_NEEDS(flags == 0);
    pthread_mutex_lock(&initialising);
    if (!initialised_by) {
        code = reach_driver();
        if (code == CUDA_SUCCESS)
            code = attach_devices();
        if (code == CUDA_SUCCESS)
            initialised_by = getpid();
    }
    pthread_mutex_unlock(&initialising);
    return code == CUDA_SUCCESS && initialised_by != getpid() ? CUDA_ERROR_NOT_INITIALIZED : code;
}

EXPORT CUresult cuDriverGetVersion(int *version)
{
    CUresult code = (CUresult)call_begin(__func__, -1);

    /* Works before cuInit and without a driver: it is the library's own. */
    if (is_link_stub() || code != CUDA_SUCCESS)
        return is_link_stub() ? CUDA_ERROR_STUB_LIBRARY : code;
    CUDA_NEEDS(version);
    *version = (int)state_number_or("node", is_compat() ? "compat_cuda" : "cuda", 0);
    return CUDA_SUCCESS;
}

/* ---- devices ---- */

EXPORT CUresult cuDeviceGetCount(int *count)
{
    CUDA_CALL();
    CUDA_NEEDS(count);
    *count = device_count;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGet(CUdevice *device, int ordinal)
{
    CUDA_DEVICE_CALL(ordinal);
    CUDA_NEEDS(device);
    *device = ordinal;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetName(char *name, int length, CUdevice ordinal)
{
    CUDA_DEVICE_CALL(ordinal);
    CUDA_NEEDS(name && length > 0);
    const struct visible_device *device = cuda_device(ordinal);
    const char *text = state_text(device_section(device->gpu, device->slot), "name");
    snprintf(name, (size_t)length, "%s", text ? text : "");
    return CUDA_SUCCESS;
}

static CUresult give_uuid(CUuuid *uuid, const char *text)
{
    int digits = 0;

    CUDA_NEEDS(uuid);
    memset(uuid, 0, sizeof *uuid);
    text = text ? strchr(text, '-') : NULL; /* after GPU or MIG */
    for (; text && *text && digits < 32; text++) {
        const char *hex = "0123456789abcdef", *at = *text == '-' ? NULL : strchr(hex, *text | 32);
        if (at) {
            uuid->bytes[digits / 2] = (char)((unsigned char)uuid->bytes[digits / 2] << 4 | (at - hex));
            digits++;
        }
    }
    return digits == 32 ? CUDA_SUCCESS : CUDA_ERROR_UNKNOWN;
}

EXPORT CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice ordinal)
{
    CUDA_DEVICE_CALL(ordinal);
    return give_uuid(uuid, state_text(device_section(cuda_device(ordinal)->gpu, -1), "uuid"));
}

/* The second form tells MIG devices of one GPU apart, the first one names their GPU. */
EXPORT CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice ordinal)
{
    CUDA_DEVICE_CALL(ordinal);
    const struct visible_device *device = cuda_device(ordinal);
    return give_uuid(uuid, state_text(device_section(device->gpu, device->slot), "uuid"));
}

EXPORT CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice ordinal)
{
    CUDA_DEVICE_CALL(ordinal);
    CUDA_NEEDS(bytes);
    *bytes = cuda_total_memory(cuda_device(ordinal)->gpu, cuda_device(ordinal)->slot);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetPCIBusId(char *address, int length, CUdevice ordinal)
{
    unsigned int domain, bus, number, function;

    CUDA_DEVICE_CALL(ordinal);
    CUDA_NEEDS(address && length > 0);
    const char *text = state_text(device_section(cuda_device(ordinal)->gpu, -1), "pci");
    if (!text || sscanf(text, "%x:%x:%x.%x", &domain, &bus, &number, &function) != 4)
        return CUDA_ERROR_UNKNOWN;
    snprintf(address, (size_t)length, "%04x:%02x:%02x.%x", domain, bus, number, function);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice ordinal)
{
    unsigned int address[3] = {0};
    int major = 0, minor = 0;

    CUDA_DEVICE_CALL(ordinal);
    CUDA_NEEDS(value);
    const struct visible_device *device = cuda_device(ordinal);
    const char *whole = device_section(device->gpu, -1);
    const char *capability = state_text(whole, "capability"), *pci = state_text(whole, "pci");
    if (capability)
        sscanf(capability, "%d.%d", &major, &minor);
    if (pci)
        sscanf(pci, "%x:%x:%x", &address[0], &address[1], &address[2]);
    switch ((int)attribute) {
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = 1024; break;
    case CU_DEVICE_ATTRIBUTE_WARP_SIZE: *value = 32; break;
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE: *value = (int)state_number_or(whole, "clock_max.1", 0) * 1000; break;
    case CU_DEVICE_ATTRIBUTE_INTEGRATED: *value = 0; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_MODE: *value = (int)state_number_or(whole, "compute_mode", 0); break;
    case CU_DEVICE_ATTRIBUTE_ECC_ENABLED: *value = (int)state_number_or(whole, "ecc_mode", 0); break;
    case CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID: *value = (int)address[0]; break;
    case CU_DEVICE_ATTRIBUTE_PCI_BUS_ID: *value = (int)address[1]; break;
    case CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID: *value = (int)address[2]; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = major; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = minor; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
        *value = (int)state_number_or(device_section(device->gpu, device->slot), "multiprocessors", 0);
        break;
    default:
        return CUDA_ERROR_INVALID_VALUE; /* the real driver knows a hundred more: add what a caller needs */
    }
    return CUDA_SUCCESS;
}

/* ---- entry points by name, for libraries that ask so (cuda-bindings) ---- */

static CUresult find_entry(const char *symbol, void **function, int cuda_version)
{
    char versioned[128];
    const char *suffix = cuda_version >= 13000 && !strcmp(symbol, "cuCtxCreate") ? "_v4" : "_v2";

    snprintf(versioned, sizeof versioned, "%s%s", symbol, suffix);
    void *self = dlopen(library_path(), RTLD_LAZY | RTLD_NOLOAD);
    if (!self)
        return CUDA_ERROR_UNKNOWN;
    *function = dlsym(self, versioned);
    if (!*function)
        *function = dlsym(self, symbol);
    dlclose(self);
    return *function ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

EXPORT CUresult cuGetProcAddress(const char *symbol, void **function, int cuda_version, cuuint64_t flags)
{
    (void)flags;
    state_enter();
    CUDA_NEEDS(symbol && function);
    return find_entry(symbol, function, cuda_version);
}

EXPORT CUresult cuGetProcAddress_v2(const char *symbol, void **function, int cuda_version, cuuint64_t flags,
                                    CUdriverProcAddressQueryResult *status)
{
    (void)flags;
    state_enter();
    CUDA_NEEDS(symbol && function);
    CUresult code = find_entry(symbol, function, cuda_version);
    if (status)
        *status = code == CUDA_SUCCESS ? CU_GET_PROC_ADDRESS_SUCCESS : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
    return code;
}
