/* The device nodes of the pretended node, which the libraries open and hold as the real ones do. */
#ifndef STUB_DEVICE_NODES_H
#define STUB_DEVICE_NODES_H

/* Opens `name` in the node's device folder. Returns the descriptor, or minus the errno; a node without a device folder
   gives -ENOSYS, which callers take for "not looked at". */
int open_device_node(const char *name);

/* As root, the real libraries make /dev/nvidiactl where it is missing, before they fail for want of a driver; it stays
   and answers ENXIO. A socket does the same when it is opened. */
void leave_control_node(void);

#endif
