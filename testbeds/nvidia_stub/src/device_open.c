/*
 * For LD_PRELOAD: opens of NVIDIA device nodes are logged, refused with the errno that the state names, and sent from
 * /dev to the device folder of the pretended node. Tests run as root, to whom no plain file is ever forbidden.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "state.h"

/* The node's name when `path` is one of its device nodes, otherwise NULL. Caps lie in a folder of their own. */
static const char *device_name(const char *path)
{
    const char *folder = state_text("node", "devices");
    size_t length = folder ? strlen(folder) : 0;

    if (!path)
        return NULL;
    if (folder && !strncmp(path, folder, length) && path[length] == '/')
        return path + length + 1;
    return strncmp(path, "/dev/nvidia", strlen("/dev/nvidia")) ? NULL : path + strlen("/dev/");
}

static int open_node(const char *name, const char *path, int flags, mode_t mode)
{
    static int (*next)(const char *, int, ...);
    const char *folder = state_text("node", "devices");
    char here[PATH_MAX], note[PATH_MAX + 64];

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "open64");
    if (!name)
        return next(path, flags, mode);
    int error = (int)state_number_or("open", name, 0), file = -1;
    if (folder && snprintf(here, sizeof here, "%s/%s", folder, name) < (int)sizeof here)
        path = here;
    if (!error) {
        file = next(path, flags, mode);
        error = file < 0 ? errno : 0;
    }
    snprintf(note, sizeof note, "open:%s:%d", name, error);
    log_call(note, -1);
    if (error)
        errno = error;
    return file;
}

static int open_path(const char *path, int flags, va_list rest)
{
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;

    state_enter();
    return open_node(device_name(path), path, flags, mode);
}

#define INTERPOSED_OPEN(call)                                          \
    EXPORT int call(const char *path, int flags, ...)                  \
    {                                                                  \
        va_list rest;                                                  \
        va_start(rest, flags);                                         \
        int file = open_path(path, flags, rest);                       \
        va_end(rest);                                                  \
        return file;                                                   \
    }

#define INTERPOSED_OPENAT(call)                                        \
    EXPORT int call(int folder, const char *path, int flags, ...)      \
    {                                                                  \
        static int (*next)(int, const char *, int, ...);               \
        va_list rest;                                                  \
        va_start(rest, flags);                                         \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                  \
        if (!next)                                                     \
            *(void **)&next = dlsym(RTLD_NEXT, #call);                 \
        state_enter();                                                 \
        const char *name = device_name(path);                          \
        return name ? open_node(name, path, flags, mode) : next(folder, path, flags, mode); \
    }

INTERPOSED_OPEN(open)
INTERPOSED_OPEN(open64)
INTERPOSED_OPENAT(openat)
INTERPOSED_OPENAT(openat64)
