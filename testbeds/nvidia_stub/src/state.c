#define _GNU_SOURCE
#include "state.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHARED_COUNTERS 512

struct entry {
    const char *key, *value;
};

struct section {
    const char *title;
    size_t first, count; /* its entries */
};

/* One reading of the file. Never changed once published, and never freed: another thread may still be using it, and a
   test writes a handful of states, a few kilobytes each. */
struct state {
    struct timespec modified;
    off_t size;
    ino_t inode;
    struct section *sections;
    size_t section_count;
    struct entry *entries;
    size_t entry_count;
    struct fault *faults;
    size_t fault_count;
};

static _Atomic(struct state *) newest;
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local struct state *current;
static char state_path[PATH_MAX];
static char loaded_as[PATH_MAX];

static void *grow(void *array, size_t count, size_t size)
{
    /* Room doubles at powers of two; what is here is small and lives as long as the process. */
    if (count & (count - 1))
        return array;
    void *larger = realloc(array, (count ? 2 * count : 1) * size);
    if (!larger)
        abort();
    return larger;
}

__attribute__((constructor)) static void find_state_file(void)
{
    const char *named = getenv("AIGPU_NVIDIA_STUB_STATE");
    Dl_info info;

    if (dladdr((void *)find_state_file, &info) && info.dli_fname)
        snprintf(loaded_as, sizeof loaded_as, "%s", info.dli_fname);
    if (named && *named) {
        snprintf(state_path, sizeof state_path, "%s", named);
        return;
    }
    /* Beside the library: programs that start their children with a cleaned environment find it too. */
    char *slash = strrchr(loaded_as, '/');
    int length = slash ? (int)(slash - loaded_as) : 0;
    snprintf(state_path, sizeof state_path, "%.*s/nvidia-stub.state", length, loaded_as);
}

const char *library_path(void)
{
    return loaded_as;
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return text;
}

static void add_line(struct state *state, char *line)
{
    char *equals;

    line = trim(line);
    if (*line == '[') {
        line[strcspn(line, "]")] = '\0';
        state->sections = grow(state->sections, state->section_count, sizeof *state->sections);
        state->sections[state->section_count++] = (struct section){line + 1, state->entry_count, 0};
    } else if (*line != '#' && state->section_count && (equals = strchr(line, '='))) {
        *equals = '\0';
        state->entries = grow(state->entries, state->entry_count, sizeof *state->entries);
        state->entries[state->entry_count++] = (struct entry){trim(line), trim(equals + 1)};
        state->sections[state->section_count - 1].count++;
    }
}

static const char *find(const struct state *state, const char *title, const char *key)
{
    for (size_t s = 0; state && s < state->section_count; s++) {
        const struct section *section = &state->sections[s];
        if (strcmp(section->title, title) != 0)
            continue;
        for (size_t e = section->first; e < section->first + section->count; e++)
            if (!strcmp(state->entries[e].key, key))
                return state->entries[e].value;
    }
    return NULL;
}

static long find_number(const struct state *state, const char *title, const char *key, long otherwise)
{
    const char *text = find(state, title, key);
    return text ? strtol(text, NULL, 0) : otherwise;
}

/* Files are opened by fopen() here, whose inner open() cannot be interposed: device_open.c has this file too, and would
   wait for itself. */

/* Counters that all processes of a node share, for "the first two initialisations fail" where each has its own child.
   The file is made anew with each state, so that counting starts with it. */
static unsigned long *map_shared_counters(const struct state *state)
{
    const char *path = find(state, "node", "counts");
    size_t size = SHARED_COUNTERS * sizeof(unsigned long);
    void *mapped = MAP_FAILED;
    FILE *file;

    if (!path || !(file = fopen(path, "a+e")))
        return NULL;
    if (!ftruncate(fileno(file), (off_t)size))
        mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    fclose(file);
    return mapped == MAP_FAILED ? NULL : mapped;
}

static void collect_faults(struct state *state)
{
    unsigned long *shared = map_shared_counters(state);

    for (size_t s = 0; s < state->section_count; s++) {
        const char *title = state->sections[s].title;
        const char *action = find(state, title, "action");
        struct fault fault = {
            .call = find(state, title, "call"),
            .gpu = (int)find_number(state, title, "gpu", -1),
            .action = action ? action : "answer",
            .code = (int)find_number(state, title, "code", 999),
            .delay_ms = find_number(state, title, "delay_ms", 0),
            .skip = (unsigned long)find_number(state, title, "skip", 0),
            .times = (unsigned long)find_number(state, title, "times", 0),
        };
        if (strncmp(title, "fault ", 6) != 0 || !fault.call)
            continue;
        bool is_shared = shared && state->fault_count < SHARED_COUNTERS && find(state, title, "shared");
        fault.count = is_shared ? &shared[state->fault_count] : calloc(1, sizeof *fault.count);
        if (!fault.count)
            abort();
        state->faults = grow(state->faults, state->fault_count, sizeof *state->faults);
        state->faults[state->fault_count++] = fault;
    }
}

static struct state *read_state(const struct stat *seen)
{
    FILE *file = fopen(state_path, "re");
    char *text = file ? malloc((size_t)seen->st_size + 1) : NULL;
    struct state *state = text ? calloc(1, sizeof *state) : NULL;

    if (state) {
        size_t length = fread(text, 1, (size_t)seen->st_size, file);
        text[length] = '\0';
        state->modified = seen->st_mtim;
        state->size = seen->st_size;
        state->inode = seen->st_ino;
        for (char *line; (line = strsep(&text, "\n"));)
            add_line(state, line);
        collect_faults(state);
    }
    if (file)
        fclose(file);
    return state;
}

static bool is_reading_of(const struct state *state, const struct stat *seen)
{
    return state && state->size == seen->st_size && state->inode == seen->st_ino &&
           state->modified.tv_sec == seen->st_mtim.tv_sec && state->modified.tv_nsec == seen->st_mtim.tv_nsec;
}

void state_enter(void)
{
    int before = errno;
    struct stat seen;

    if (stat(state_path, &seen)) {
        current = NULL;
    } else {
        current = atomic_load(&newest);
        if (!is_reading_of(current, &seen)) {
            pthread_mutex_lock(&reading);
            current = atomic_load(&newest);
            /* Looked at again: another thread may have been first, and the file may have been replaced meanwhile. */
            if (!stat(state_path, &seen) && !is_reading_of(current, &seen)) {
                current = read_state(&seen);
                atomic_store(&newest, current);
            }
            pthread_mutex_unlock(&reading);
        }
    }
    errno = before;
}

bool state_exists(void)
{
    return current != NULL;
}

bool state_has(const char *section)
{
    for (size_t s = 0; current && s < current->section_count; s++)
        if (!strcmp(current->sections[s].title, section))
            return true;
    return false;
}

const char *state_text(const char *section, const char *key)
{
    return find(current, section, key);
}

int state_number(const char *section, const char *key, long long *value)
{
    const char *text = find(current, section, key);

    if (!text)
        return STATE_ABSENT;
    if (*text == '!')
        return atoi(text + 1);
    *value = (long long)strtoull(text, NULL, 0);
    return 0;
}

long long state_number_or(const char *section, const char *key, long long otherwise)
{
    long long value;
    return state_number(section, key, &value) ? otherwise : value;
}

struct fault *state_faults(size_t *count)
{
    *count = current ? current->fault_count : 0;
    return current ? current->faults : NULL;
}

const char *device_section(int gpu, int slot)
{
    static _Thread_local char title[32];

    if (slot < 0)
        snprintf(title, sizeof title, "gpu %d", gpu);
    else
        snprintf(title, sizeof title, "mig %d %d", gpu, slot);
    return title;
}

const char *numbered_section(const char *kind, int number)
{
    static _Thread_local char title[32];

    snprintf(title, sizeof title, "%s %d", kind, number);
    return title;
}

int gpu_sections(void)
{
    int count = 0;

    while (count < MAX_GPUS && state_has(device_section(count, -1)))
        count++;
    return count;
}
