#define _GNU_SOURCE
#include "device_nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "state.h"

static int node_path(char *path, const char *name)
{
    const char *folder = state_text("node", "devices");

    return folder && snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ? 0 : -ENOSYS;
}

int open_device_node(const char *name)
{
    char path[PATH_MAX];
    int file = node_path(path, name);

    if (!file && (file = open(path, O_RDWR | O_CLOEXEC)) < 0)
        return -errno;
    return file;
}

void leave_control_node(void)
{
    char path[PATH_MAX];

    if (state_number_or("node", "makes_control_node", 0) && !node_path(path, "nvidiactl"))
        (void)!mknod(path, S_IFSOCK | 0666, 0);
}
