/* Devices and contexts of the CUDA stub, and what each of its calls does first. */
#ifndef STUB_CUDA_DEVICE_H
#define STUB_CUDA_DEVICE_H

#include <stdbool.h>

#include "calls.h"
#include "cuda_api.h"
#include "state.h"

#define MIB (1024ULL * 1024ULL)

/* A device as CUDA counts it: a whole GPU, or a MIG device of one. */
struct visible_device {
    int gpu, slot;
};

struct CUctx_st {
    CUdevice ordinal;
    int gpu, slot;
    unsigned int primary_users; /* 0 for contexts that cuCtxCreate made */
    CUresult error;             /* of a kernel: every later call in the context answers it */
    struct CUctx_st *next;
};

/* The devices that CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER leave, in CUDA's order. */
int find_visible_devices(struct visible_device devices[MAX_GPUS]);

CUresult cuda_enter(const char *call, int gpu);
CUresult cuda_enter_device(const char *call, CUdevice device);
CUresult cuda_enter_context(const char *call);

const struct visible_device *cuda_device(CUdevice ordinal);
CUcontext cuda_current(void);

/* Free bytes of a device as this process sees it. */
unsigned long long cuda_free_memory(int gpu, int slot);
unsigned long long cuda_total_memory(int gpu, int slot);
unsigned long long cuda_allocated(int gpu, int slot);
void cuda_free_all(CUcontext context);

#define CUDA_DEVICE_CALL(device)                                       \
    do {                                                               \
        CUresult refused = cuda_enter_device(__func__, device);        \
        if (refused != CUDA_SUCCESS)                                   \
            return refused;                                            \
    } while (0)

#define CUDA_CONTEXT_CALL()                                            \
    do {                                                               \
        CUresult refused = cuda_enter_context(__func__);               \
        if (refused != CUDA_SUCCESS)                                   \
            return refused;                                            \
    } while (0)

#define CUDA_CALL()                                                    \
    do {                                                               \
        CUresult refused = cuda_enter(__func__, -1);                   \
        if (refused != CUDA_SUCCESS)                                   \
            return refused;                                            \
    } while (0)

#define CUDA_NEEDS(argument)                                           \
    do {                                                               \
        if (!(argument))                                               \
            return CUDA_ERROR_INVALID_VALUE;                           \
    } while (0)

#endif
