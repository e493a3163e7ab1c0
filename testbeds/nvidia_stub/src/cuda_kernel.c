/* Modules, functions and launches. PTX is not compiled: its header is judged, and the kernel that the agent proves a
   GPU with is known by name. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_device.h"
#include "cuda_memory.h"

#define ELF_MAGIC 0x464C457FU
#define FATBIN_MAGIC 0xBA55ED50U
#define FATBIN_WRAPPER_MAGIC 0x466243B1U
#define MAX_NAME 128

struct CUmod_st {
    char *ptx;
};

struct CUfunc_st {
    char name[MAX_NAME];
    bool seed_is_second; /* of its parameters; otherwise it is the third */
};

/* ---- modules ---- */

static bool jit_is_disabled(void)
{
    const char *disabled = getenv("CUDA_DISABLE_PTX_JIT");
    return disabled && atoi(disabled) == 1;
}

static int tenfold(const char *text)
{
    int major = 0, minor = 0;

    return text && sscanf(text, "%d.%d", &major, &minor) >= 1 ? 10 * major + minor : 0;
}

/* What the driver says to this program text on this GPU. `why` is what a JIT would write to its error log. */
static CUresult judge_ptx(const char *ptx, int gpu, const char **why)
{
    const char *version = strstr(ptx, ".version"), *target = strstr(ptx, ".target sm_");
    int architecture = target ? atoi(target + strlen(".target sm_")) : 0;

    *why = "";
    if (!version)
        return CUDA_ERROR_INVALID_IMAGE;
    if (jit_is_disabled())
        return CUDA_ERROR_JIT_COMPILATION_DISABLED;
    if (!state_number_or("node", "jit", 1))
        return CUDA_ERROR_JIT_COMPILER_NOT_FOUND;
    if (tenfold(version + strlen(".version")) > tenfold(state_text("node", "ptx"))) {
        *why = "ptxas fatal: unsupported .version";
        return CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
    }
    if (!target || architecture > tenfold(state_text(device_section(gpu, -1), "capability"))) {
        *why = "ptxas fatal: .target is higher than the architecture of the device";
        return CUDA_ERROR_INVALID_PTX;
    }
    return CUDA_SUCCESS;
}

static CUresult load(const char *call, CUmodule *module, const void *image, const char **why)
{
    CUresult code = cuda_enter_context(call);
    unsigned int magic;

    *why = "";
    if (code != CUDA_SUCCESS)
        return code;
    CUDA_NEEDS(module && image);
    memcpy(&magic, image, sizeof magic);
    if (magic == ELF_MAGIC || magic == FATBIN_MAGIC || magic == FATBIN_WRAPPER_MAGIC)
        return CUDA_ERROR_NO_BINARY_FOR_GPU; /* no machine code runs here */
    code = judge_ptx(image, cuda_current()->gpu, why);
    if (code != CUDA_SUCCESS)
        return code;
    CUmodule made = calloc(1, sizeof *made);
    char *ptx = strdup(image);
    if (!made || !ptx) {
        free(made);
        free(ptx);
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    made->ptx = ptx;
    *module = made;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuModuleLoadData(CUmodule *module, const void *image)
{
    const char *why;
    return load(__func__, module, image, &why);
}

EXPORT CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned int count, CUjit_option *options,
                                   void **values)
{
    const char *why;
    char *log = NULL;
    size_t size = 0;
    CUresult code = load(__func__, module, image, &why);

    for (unsigned int i = 0; options && values && i < count; i++) {
        if (options[i] == CU_JIT_ERROR_LOG_BUFFER)
            log = values[i];
        if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
            size = (size_t)(uintptr_t)values[i];
    }
    if (log && size)
        snprintf(log, size, "%s", why);
    return code;
}

EXPORT CUresult cuModuleUnload(CUmodule module)
{
    CUDA_CONTEXT_CALL();
    if (!module)
        return CUDA_ERROR_INVALID_HANDLE;
    free(module->ptx);
    free(module);
    return CUDA_SUCCESS;
}

/* What follows the name of a kernel in the program text, which is its list of parameters; NULL without that kernel. */
static const char *find_entry(const char *ptx, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = ptx; (at = strstr(at, ".entry"));) {
        at += strlen(".entry");
        at += strspn(at, " \t\r\n");
        size_t word = strcspn(at, " \t\r\n(");
        if (word == length && !strncmp(at, name, length))
            return at + length;
    }
    return NULL;
}

/* Whether the second of three parameters is the one called a seed. */
static bool has_second_seed(const char *parameters)
{
    const char *first = strchr(parameters, ','), *second = first ? strchr(first + 1, ',') : NULL;
    const char *seed = first ? strstr(first, "seed") : NULL;

    return seed && second && seed < second;
}

/* Functions live until the process ends: there are few, and nothing else knows when the last one is forgotten. */
EXPORT CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
{
    CUDA_CONTEXT_CALL();
    CUDA_NEEDS(function && name && strlen(name) < MAX_NAME);
    if (!module)
        return CUDA_ERROR_INVALID_HANDLE;
    const char *parameters = find_entry(module->ptx, name);
    if (!parameters)
        return CUDA_ERROR_NOT_FOUND;
    *function = calloc(1, sizeof **function);
    if (!*function)
        return CUDA_ERROR_OUT_OF_MEMORY;
    strcpy((*function)->name, name);
    (*function)->seed_is_second = has_second_seed(parameters);
    return CUDA_SUCCESS;
}

/* ---- launches ---- */

/* aigpu_prove(out, n, seed), or (out, seed, n) where the program names its parameters so: each thread i below n writes
   i * 2654435761 + seed, all 32 bits wide. */
static CUresult run_prove(CUcontext context, CUfunction function, size_t threads, void **arguments)
{
    CUdeviceptr out = *(CUdeviceptr *)arguments[0];
    uint32_t count = *(uint32_t *)arguments[function->seed_is_second ? 2 : 1];
    uint32_t seed = *(uint32_t *)arguments[function->seed_is_second ? 1 : 2];
    size_t written = threads < count ? threads : count;
    uint32_t *memory = device_memory(out, written * sizeof *memory);
    long long wrong = state_number_or(device_section(context->gpu, -1), "kernel_wrong_at", -1);

    if (!memory)
        return CUDA_ERROR_ILLEGAL_ADDRESS;
    for (size_t i = 0; i < written; i++)
        memory[i] = (uint32_t)i * 2654435761U + seed;
    if (wrong >= 0 && (size_t)wrong < written)
        memory[wrong] ^= 1U << 17;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned int grid_x, unsigned int grid_y, unsigned int grid_z,
                               unsigned int block_x, unsigned int block_y, unsigned int block_z,
                               unsigned int shared_bytes, CUstream stream, void **arguments, void **extra)
{
    size_t blocks = (size_t)grid_x * grid_y * grid_z, block = (size_t)block_x * block_y * block_z;

    (void)stream;
    CUDA_CONTEXT_CALL();
    if (!function)
        return CUDA_ERROR_INVALID_HANDLE;
    CUDA_NEEDS(blocks && block && block <= 1024 && shared_bytes <= 48 * 1024 && !extra);
    CUcontext context = cuda_current();
    if (!strcmp(function->name, "aigpu_prove")) {
        CUDA_NEEDS(arguments);
        /* A launch returns before its kernel runs: what goes wrong in the kernel is told by the next call. */
        context->error = run_prove(context, function, blocks * block, arguments);
    }
    return CUDA_SUCCESS;
}
