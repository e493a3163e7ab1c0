/* Which devices a process sees: CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER and MIG, by the rules of CUDA's guide. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_device.h"

#define WHOLE_GPU (-1)

static bool has_mig(int gpu)
{
    return state_number_or(device_section(gpu, WHOLE_GPU), "mig_mode", 0) != 0;
}

static long long speed_of(int gpu)
{
    const char *section = device_section(gpu, WHOLE_GPU);

    return state_number_or(section, "multiprocessors", 0) * state_number_or(section, "clock_max.1", 1);
}

/* CUDA counts from the fastest GPU on, NVML in the order of the bus; equals keep the bus order. */
static int order_gpus(int order[MAX_GPUS])
{
    const char *wanted = getenv("CUDA_DEVICE_ORDER");
    int count = gpu_sections();

    for (int i = 0; i < count; i++) {
        int at = i;
        bool by_speed = !wanted || strcmp(wanted, "PCI_BUS_ID") != 0;
        for (; at > 0 && by_speed && speed_of(i) > speed_of(order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return count;
}

/* A GPU in MIG mode is usable through its first MIG device, or not at all. */
static bool usable_part(int gpu, struct visible_device *device)
{
    *device = (struct visible_device){gpu, WHOLE_GPU};
    if (!has_mig(gpu))
        return true;
    for (int slot = 0; slot < MAX_MIG_SLOTS; slot++) {
        if (state_has(device_section(gpu, slot))) {
            device->slot = slot;
            return true;
        }
    }
    return false;
}

static bool starts_with(const char *text, const char *start, size_t length)
{
    return text && strncmp(text, start, length) == 0;
}

/* A UUID may be cut short as long as one device alone has it. */
static bool find_by_uuid(const char *token, size_t length, struct visible_device *device)
{
    int matches = 0;

    for (int gpu = 0; gpu < gpu_sections(); gpu++) {
        if (starts_with(state_text(device_section(gpu, WHOLE_GPU), "uuid"), token, length))
            matches += usable_part(gpu, device);
        for (int slot = 0; slot < MAX_MIG_SLOTS; slot++) {
            if (has_mig(gpu) && starts_with(state_text(device_section(gpu, slot), "uuid"), token, length)) {
                *device = (struct visible_device){gpu, slot};
                matches++;
            }
        }
    }
    return matches == 1;
}

static bool find_by_token(const char *token, size_t length, const int order[], int count,
                          struct visible_device *device)
{
    char *end;

    if (starts_with(token, "GPU-", 4) || starts_with(token, "MIG-", 4))
        return find_by_uuid(token, length, device);
    long number = strtol(token, &end, 10);
    return end != token && number >= 0 && number < count && usable_part(order[number], device);
}

static bool is_among(const struct visible_device *devices, int count, const struct visible_device *wanted)
{
    for (int i = 0; i < count; i++)
        if (devices[i].gpu == wanted->gpu && devices[i].slot == wanted->slot)
            return true;
    return false;
}

/* The list ends at the first entry that names no device; an entry named twice makes it empty. */
static int read_list(const char *list, const int order[], int count, struct visible_device devices[MAX_GPUS])
{
    int found = 0;

    while (*list && found < MAX_GPUS) {
        struct visible_device device;
        list += strspn(list, " \t");
        size_t length = strcspn(list, ", \t");
        if (!length || !find_by_token(list, length, order, count, &device))
            break;
        if (is_among(devices, found, &device))
            return 0;
        devices[found++] = device;
        list += strcspn(list, ",");
        list += *list == ',';
    }
    return found;
}

int find_visible_devices(struct visible_device devices[MAX_GPUS])
{
    const char *list = getenv("CUDA_VISIBLE_DEVICES");
    int order[MAX_GPUS], count = order_gpus(order), found = 0;

    if (list) {
        found = read_list(list, order, count, devices);
    } else {
        for (int i = 0; i < count; i++)
            found += usable_part(order[i], &devices[found]);
    }
    /* One MIG device at most, and then no whole GPU beside it. */
    for (int i = 0; i < found; i++) {
        if (devices[i].slot != WHOLE_GPU) {
            devices[0] = devices[i];
            return 1;
        }
    }
    return found;
}
