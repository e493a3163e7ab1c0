/* Contexts: own ones and the one primary context per device, and the stack of current ones of each thread. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "cuda_device.h"
#include "processes.h"

#define STACK_DEPTH 16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static CUcontext contexts; /* all that live */
static _Thread_local CUcontext stack[STACK_DEPTH];
static _Thread_local int depth;

static bool is_alive(CUcontext wanted)
{
    bool found = false;

    pthread_mutex_lock(&lock);
    for (CUcontext context = contexts; context && !found; context = context->next)
        found = context == wanted;
    pthread_mutex_unlock(&lock);
    return found;
}

CUcontext cuda_current(void)
{
    return depth > 0 && is_alive(stack[depth - 1]) ? stack[depth - 1] : NULL;
}

CUresult cuda_enter_context(const char *call)
{
    CUcontext context = cuda_current();
    CUresult refused = cuda_enter(call, context ? context->gpu : -1);

    if (refused != CUDA_SUCCESS)
        return refused;
    return context ? context->error : CUDA_ERROR_INVALID_CONTEXT;
}

/* ---- making and ending ---- */

static int contexts_on(int gpu, int slot)
{
    int count = 0;

    for (CUcontext context = contexts; context; context = context->next)
        count += context->gpu == gpu && context->slot == slot;
    return count;
}

unsigned long long cuda_total_memory(int gpu, int slot)
{
    const char *section = device_section(gpu, slot);
    long long total = state_number_or(section, "memory_mib", 0) - state_number_or(section, "memory_reserved_mib", 0);

    return (unsigned long long)total * MIB;
}

unsigned long long cuda_free_memory(int gpu, int slot)
{
    unsigned long long total = cuda_total_memory(gpu, slot);
    unsigned long long used = (unsigned long long)state_number_or(device_section(gpu, slot), "memory_used_mib", 0);

    used += (unsigned long long)(contexts_on(gpu, slot) * state_number_or(device_section(gpu, -1), "context_mib", 0));
    used = used * MIB + memory_of_processes(gpu, slot, 1) + cuda_allocated(gpu, slot);
    return used < total ? total - used : 0;
}

/* Compute mode 2 lets nobody in, 3 one process. */
static bool is_barred(int gpu)
{
    struct gpu_process found[MAX_PROCESSES];
    long long mode = state_number_or(device_section(gpu, -1), "compute_mode", 0);
    int count = mode == 3 ? processes_on(gpu, -1, "compute", found) : 0;

    for (int i = 0; i < count; i++)
        if (found[i].pid != (unsigned int)getpid())
            return true;
    return mode == 2;
}

static CUresult make_context(CUdevice ordinal, CUcontext *made)
{
    const struct visible_device *device = cuda_device(ordinal);
    unsigned long long needed = (unsigned long long)state_number_or(device_section(device->gpu, -1), "context_mib", 0);

    if (is_barred(device->gpu))
        return CUDA_ERROR_DEVICE_UNAVAILABLE;
    if (needed * MIB > cuda_free_memory(device->gpu, device->slot))
        return CUDA_ERROR_OUT_OF_MEMORY;
    CUcontext context = calloc(1, sizeof *context);
    if (!context)
        return CUDA_ERROR_OUT_OF_MEMORY;
    context->ordinal = ordinal;
    context->gpu = device->gpu;
    context->slot = device->slot;
    context->next = contexts;
    contexts = context;
    note_context(device->gpu, device->slot);
    *made = context;
    return CUDA_SUCCESS;
}

static void end_context(CUcontext context)
{
    for (CUcontext *link = &contexts; *link; link = &(*link)->next) {
        if (*link == context) {
            *link = context->next;
            break;
        }
    }
    cuda_free_all(context);
    if (!contexts_on(context->gpu, context->slot))
        forget_context(context->gpu, context->slot);
    free(context);
}

__attribute__((destructor)) static void end_with_process(void)
{
    state_enter();
    for (CUcontext context = contexts; context; context = context->next)
        forget_context(context->gpu, context->slot);
}

static CUresult create(const char *call, CUcontext *made, CUdevice ordinal)
{
    CUresult code = cuda_enter_device(call, ordinal);

    if (code != CUDA_SUCCESS)
        return code;
    CUDA_NEEDS(made && depth < STACK_DEPTH);
    pthread_mutex_lock(&lock);
    code = make_context(ordinal, made);
    pthread_mutex_unlock(&lock);
    if (code == CUDA_SUCCESS)
        stack[depth++] = *made;
    return code;
}

EXPORT CUresult cuCtxCreate_v2(CUcontext *context, unsigned int flags, CUdevice ordinal)
{
    (void)flags;
    return create(__func__, context, ordinal);
}

EXPORT CUresult cuCtxCreate_v4(CUcontext *context, CUctxCreateParams *parameters, unsigned int flags,
                               CUdevice ordinal)
{
    (void)parameters;
    (void)flags;
    return create(__func__, context, ordinal);
}

EXPORT CUresult cuCtxDestroy_v2(CUcontext context)
{
    CUDA_CALL();
    if (!context || !is_alive(context) || context->primary_users)
        return CUDA_ERROR_INVALID_CONTEXT;
    if (depth > 0 && stack[depth - 1] == context)
        depth--;
    pthread_mutex_lock(&lock);
    end_context(context);
    pthread_mutex_unlock(&lock);
    return CUDA_SUCCESS;
}

/* ---- primary contexts ---- */

static CUcontext primary_of(CUdevice ordinal)
{
    for (CUcontext context = contexts; context; context = context->next)
        if (context->primary_users && context->ordinal == ordinal)
            return context;
    return NULL;
}

EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice ordinal)
{
    CUresult code = CUDA_SUCCESS;

    CUDA_DEVICE_CALL(ordinal);
    CUDA_NEEDS(context);
    pthread_mutex_lock(&lock);
    *context = primary_of(ordinal);
    if (!*context)
        code = make_context(ordinal, context);
    if (code == CUDA_SUCCESS)
        (*context)->primary_users++;
    pthread_mutex_unlock(&lock);
    return code;
}

static CUresult release(const char *call, CUdevice ordinal, bool at_once)
{
    CUresult code = cuda_enter_device(call, ordinal);

    if (code != CUDA_SUCCESS)
        return code;
    pthread_mutex_lock(&lock);
    CUcontext context = primary_of(ordinal);
    if (context && (at_once || --context->primary_users == 0))
        end_context(context);
    pthread_mutex_unlock(&lock);
    return context || at_once ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

EXPORT CUresult cuDevicePrimaryCtxRelease(CUdevice ordinal)
{
    return release(__func__, ordinal, false);
}

EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice ordinal)
{
    return release(__func__, ordinal, false);
}

EXPORT CUresult cuDevicePrimaryCtxReset_v2(CUdevice ordinal)
{
    return release(__func__, ordinal, true);
}

EXPORT CUresult cuDevicePrimaryCtxGetState(CUdevice ordinal, unsigned int *flags, int *active)
{
    CUDA_DEVICE_CALL(ordinal);
    CUDA_NEEDS(flags && active);
    *flags = 0;
    pthread_mutex_lock(&lock);
    *active = primary_of(ordinal) != NULL;
    pthread_mutex_unlock(&lock);
    return CUDA_SUCCESS;
}

/* ---- the current one ---- */

EXPORT CUresult cuCtxSetCurrent(CUcontext context)
{
    CUDA_CALL();
    if (context && !is_alive(context))
        return CUDA_ERROR_INVALID_CONTEXT;
    if (depth > 0)
        depth--;
    if (context)
        stack[depth++] = context;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetCurrent(CUcontext *context)
{
    CUDA_CALL();
    CUDA_NEEDS(context);
    *context = cuda_current();
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context)
{
    CUDA_CALL();
    CUDA_NEEDS(depth < STACK_DEPTH);
    if (!context || !is_alive(context))
        return CUDA_ERROR_INVALID_CONTEXT;
    stack[depth++] = context;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxPopCurrent_v2(CUcontext *context)
{
    CUDA_CALL();
    if (depth == 0)
        return CUDA_ERROR_INVALID_CONTEXT;
    depth--;
    if (context)
        *context = stack[depth];
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetDevice(CUdevice *device)
{
    CUDA_CONTEXT_CALL();
    CUDA_NEEDS(device);
    *device = cuda_current()->ordinal;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxSynchronize(void)
{
    CUDA_CONTEXT_CALL();
    return CUDA_SUCCESS;
}
