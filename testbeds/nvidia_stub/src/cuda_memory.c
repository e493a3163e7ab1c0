/* Device memory: reserved address space of this process, counted against the size of the pretended GPU. */
#define _GNU_SOURCE
#include "cuda_memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cuda_device.h"

struct allocation {
    CUcontext context;
    int gpu, slot;
    char *start;
    size_t size;
    struct allocation *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct allocation *allocations;

unsigned long long cuda_allocated(int gpu, int slot)
{
    unsigned long long sum = 0;

    pthread_mutex_lock(&lock);
    for (struct allocation *one = allocations; one; one = one->next)
        if (one->gpu == gpu && one->slot == slot)
            sum += one->size;
    pthread_mutex_unlock(&lock);
    return sum;
}

static bool free_first(CUcontext context, CUdeviceptr start)
{
    for (struct allocation **link = &allocations; *link; link = &(*link)->next) {
        struct allocation *one = *link;
        if (one->context != context || (start && (CUdeviceptr)(uintptr_t)one->start != start))
            continue;
        *link = one->next;
        munmap(one->start, one->size);
        free(one);
        return true;
    }
    return false;
}

void cuda_free_all(CUcontext context)
{
    pthread_mutex_lock(&lock);
    while (free_first(context, 0))
        ;
    pthread_mutex_unlock(&lock);
}

void *device_memory(CUdeviceptr start, size_t size)
{
    char *first = (char *)(uintptr_t)start, *found = NULL;

    pthread_mutex_lock(&lock);
    for (struct allocation *one = allocations; one && !found; one = one->next)
        if (first >= one->start && size <= one->size && (size_t)(first - one->start) <= one->size - size)
            found = first;
    pthread_mutex_unlock(&lock);
    return found;
}

EXPORT CUresult cuMemAlloc_v2(CUdeviceptr *start, size_t size)
{
    CUDA_CONTEXT_CALL();
    CUDA_NEEDS(start && size);
    CUcontext context = cuda_current();
    if (size > cuda_free_memory(context->gpu, context->slot))
        return CUDA_ERROR_OUT_OF_MEMORY;
    struct allocation *one = calloc(1, sizeof *one);
    /* Only address space: 80 GB of a GPU fit into a test as long as nobody writes them. */
    void *place = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (!one || place == MAP_FAILED) {
        free(one);
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    *one = (struct allocation){context, context->gpu, context->slot, place, size, NULL};
    pthread_mutex_lock(&lock);
    one->next = allocations;
    allocations = one;
    pthread_mutex_unlock(&lock);
    *start = (CUdeviceptr)(uintptr_t)place;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuMemFree_v2(CUdeviceptr start)
{
    CUDA_CONTEXT_CALL();
    if (!start)
        return CUDA_SUCCESS;
    pthread_mutex_lock(&lock);
    bool found = free_first(cuda_current(), start);
    pthread_mutex_unlock(&lock);
    return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

EXPORT CUresult cuMemGetInfo_v2(size_t *available, size_t *total)
{
    CUDA_CONTEXT_CALL();
    CUDA_NEEDS(available && total);
    CUcontext context = cuda_current();
    *available = cuda_free_memory(context->gpu, context->slot);
    *total = cuda_total_memory(context->gpu, context->slot);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr target, const void *source, size_t size)
{
    CUDA_CONTEXT_CALL();
    void *memory = device_memory(target, size);
    CUDA_NEEDS(memory && source);
    memcpy(memory, source, size);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuMemcpyDtoH_v2(void *target, CUdeviceptr source, size_t size)
{
    CUDA_CONTEXT_CALL();
    void *memory = device_memory(source, size);
    CUDA_NEEDS(memory && target);
    memcpy(target, memory, size);
    /* A board that computes well but returns damaged what it stored. */
    if (size > 0)
        ((unsigned char *)target)[size / 2] ^=
            (unsigned char)state_number_or(device_section(cuda_current()->gpu, -1), "copy_damage_mask", 0);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuMemsetD8_v2(CUdeviceptr target, unsigned char value, size_t count)
{
    CUDA_CONTEXT_CALL();
    void *memory = device_memory(target, count);
    CUDA_NEEDS(memory);
    memset(memory, value, count);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuMemsetD32_v2(CUdeviceptr target, unsigned int value, size_t count)
{
    CUDA_CONTEXT_CALL();
    CUDA_NEEDS(target % sizeof value == 0 && count <= (size_t)-1 / sizeof value);
    unsigned int *memory = device_memory(target, count * sizeof value);
    CUDA_NEEDS(memory);
    for (size_t i = 0; i < count; i++)
        memory[i] = value;
    return CUDA_SUCCESS;
}
