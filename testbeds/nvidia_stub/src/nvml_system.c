/* Versions, texts of codes, names of processes: what is asked of the library and not of a device. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "nvml_handles.h"

#define DRIVER_BRANCH_VERSION STRUCT_VERSION(nvmlSystemDriverBranchInfo_t, 1)

EXPORT const char *nvmlErrorString(nvmlReturn_t result)
{
    static const char *const texts[] = {
        "Success", "Uninitialized", "Invalid Argument", "Not Supported", "Insufficient Permissions",
        "Already Initialized", "Not Found", "Insufficient Size", "Insufficient External Power", "Driver Not Loaded",
        "Timeout", "Interrupt Request Issue", "NVML Shared Library Not Found", "Function Not Found",
        "Corrupted infoROM", "GPU is lost", "GPU requires reset",
        "The operating system has blocked the request.", "Driver/library version mismatch", "In use by another client",
        "Insufficient Memory", "No data", "Requested vGPU operation is not available on target device, ECC is enabled",
        "Insufficient resources", "Frequency not supported", "Argument version mismatch", "Deprecated", "Not Ready",
        "GPU not found", "Invalid state", "Reset type not supported",
    };

    if ((unsigned int)result < sizeof texts / sizeof *texts)
        return texts[result];
    return "Unknown Error";
}

EXPORT nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned int length)
{
    SYSTEM_CALL();
    return give_text("node", "driver", version, length);
}

EXPORT nvmlReturn_t nvmlSystemGetNVMLVersion(char *version, unsigned int length)
{
    nvmlReturn_t code = (nvmlReturn_t)call_begin(__func__, -1);
    const char *library = state_text("node", "library");
    long long cuda = state_number_or("node", "cuda", 0);

    /* Works without an initialisation and without a driver: the library knows its own version. */
    NEEDS(version);
    if (code != NVML_SUCCESS || !library)
        return code != NVML_SUCCESS ? code : NVML_ERROR_UNKNOWN;
    int needed = snprintf(version, length, "%lld.%s", cuda / 1000, library);
    return needed < (int)length ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE;
}

EXPORT nvmlReturn_t nvmlSystemGetCudaDriverVersion(int *version)
{
    SYSTEM_CALL();
    NEEDS(version);
    *version = (int)state_number_or("node", "cuda", 0);
    return NVML_SUCCESS;
}

/* The newer form asks libcuda itself, so it tells a missing libcuda. */
EXPORT nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *version)
{
    int (*ask)(int *);

    SYSTEM_CALL();
    NEEDS(version);
    void *library = dlopen("libcuda.so.1", RTLD_LAZY);
    if (!library)
        return NVML_ERROR_LIBRARY_NOT_FOUND;
    *(void **)&ask = dlsym(library, "cuDriverGetVersion");
    nvmlReturn_t code = !ask ? NVML_ERROR_FUNCTION_NOT_FOUND : ask(version) ? NVML_ERROR_UNKNOWN : NVML_SUCCESS;
    dlclose(library);
    return code;
}

EXPORT nvmlReturn_t nvmlSystemGetDriverBranch(nvmlSystemDriverBranchInfo_t *info, unsigned int length)
{
    SYSTEM_CALL();
    NEEDS(info);
    const char *driver = state_text("node", "driver");
    if (info->version != DRIVER_BRANCH_VERSION)
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    if (!driver || length < 16)
        return driver ? NVML_ERROR_INSUFFICIENT_SIZE : NVML_ERROR_NOT_SUPPORTED;
    snprintf(info->branch, length < sizeof info->branch ? length : sizeof info->branch, "r%.3s_00", driver);
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlSystemGetProcessName(unsigned int pid, char *name, unsigned int length)
{
    char path[64];
    FILE *file;

    SYSTEM_CALL();
    NEEDS(name && length);
    for (int i = 0; state_has(numbered_section("process", i)); i++) {
        const char *section = numbered_section("process", i);
        if (state_number_or(section, "pid", -1) == (long long)pid && state_text(section, "name"))
            return give_text(section, "name", name, length);
    }
    snprintf(path, sizeof path, "/proc/%u/cmdline", pid);
    if (!(file = fopen(path, "re")))
        return NVML_ERROR_NOT_FOUND;
    size_t read = fread(name, 1, length - 1, file);
    name[read] = '\0'; /* arguments stand behind zeroes: the name ends at the first */
    fclose(file);
    return NVML_SUCCESS;
}
