#define _GNU_SOURCE
#include "processes.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state.h"

#define MIB (1024ULL * 1024ULL)

/* A killed process is not listed, nor is one that nobody has waited for yet: the driver frees its contexts at once. */
static bool is_running(int pid)
{
    char path[64], line[512], *state = NULL;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");

    if (!file)
        return false;
    if (fgets(line, sizeof line, file))
        state = strrchr(line, ')'); /* the name before it may hold anything */
    fclose(file);
    return state && state[1] && state[2] != 'Z' && state[2] != 'X';
}

static bool matches(const struct gpu_process *process, const char *its_kind, int gpu, int slot, const char *kind)
{
    return process->gpu == gpu && (slot < 0 || process->slot == slot) && (!kind || !strcmp(kind, its_kind));
}

static int add_listed(int gpu, int slot, const char *kind, struct gpu_process *found, int count)
{
    for (int i = 0; count < MAX_PROCESSES && state_has(numbered_section("process", i)); i++) {
        const char *section = numbered_section("process", i);
        const char *its_kind = state_text(section, "kind");
        long long memory = state_number_or(section, "memory_mib", -1);
        struct gpu_process process = {
            .pid = (unsigned int)state_number_or(section, "pid", 0),
            .gpu = (int)state_number_or(section, "gpu", 0),
            .slot = (int)state_number_or(section, "slot", -1),
            .memory = memory < 0 ? ~0ULL : (unsigned long long)memory * MIB,
            .utilization = (unsigned int)state_number_or(section, "utilization", 0),
        };
        if (matches(&process, its_kind ? its_kind : "compute", gpu, slot, kind))
            found[count++] = process;
    }
    return count;
}

static int add_live(int gpu, int slot, const char *kind, struct gpu_process *found, int count)
{
    const char *folder = state_text("node", "run");
    DIR *entries = folder ? opendir(folder) : NULL;

    for (struct dirent *entry; entries && count < MAX_PROCESSES && (entry = readdir(entries));) {
        int pid, its_gpu, its_slot;
        char its_kind[16];
        if (sscanf(entry->d_name, "%d.%d.%d.%15s", &pid, &its_gpu, &its_slot, its_kind) != 4 || !is_running(pid))
            continue;
        long long context = state_number_or(device_section(its_gpu, -1), "context_mib", 0);
        struct gpu_process process = {(unsigned int)pid, its_gpu, its_slot, (unsigned long long)context * MIB, 0};
        if (matches(&process, its_kind, gpu, slot, kind))
            found[count++] = process;
    }
    if (entries)
        closedir(entries);
    return count;
}

int processes_on(int gpu, int slot, const char *kind, struct gpu_process *found)
{
    return add_live(gpu, slot, kind, found, add_listed(gpu, slot, kind, found, 0));
}

static int context_path(char *path, int gpu, int slot)
{
    const char *folder = state_text("node", "run");
    /* Programs that reach the GPU through the MPS server stand in a list of their own. */
    const char *kind = state_number_or("node", "mps", 0) ? "mps" : "compute";

    return folder && snprintf(path, PATH_MAX, "%s/%d.%d.%d.%s", folder, (int)getpid(), gpu, slot, kind) < PATH_MAX;
}

void note_context(int gpu, int slot)
{
    char path[PATH_MAX];
    FILE *file;

    if (context_path(path, gpu, slot) && (file = fopen(path, "we")))
        fclose(file);
}

void forget_context(int gpu, int slot)
{
    char path[PATH_MAX];

    if (context_path(path, gpu, slot))
        unlink(path);
}

unsigned long long memory_of_processes(int gpu, int slot, int but_own)
{
    struct gpu_process found[MAX_PROCESSES];
    int count = processes_on(gpu, slot, NULL, found);
    unsigned long long sum = 0;

    for (int i = 0; i < count; i++)
        if (found[i].memory != ~0ULL && !(but_own && found[i].pid == (unsigned int)getpid()))
            sum += found[i].memory;
    return sum;
}
