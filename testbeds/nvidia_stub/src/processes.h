/* Processes that hold a GPU: those that the state lists, and real ones with a context made through our libcuda. */
#ifndef STUB_PROCESSES_H
#define STUB_PROCESSES_H

#define MAX_PROCESSES 256

struct gpu_process {
    unsigned int pid;
    int gpu, slot;             /* slot -1: on no MIG device */
    unsigned long long memory; /* bytes; ~0: not available, as on some drivers */
    unsigned int utilization;  /* percent of the multiprocessors */
};

/* Fills `found` (MAX_PROCESSES long) with processes of `kind` ("compute", "graphics", "mps", or NULL for all) on a GPU,
   or on one MIG device of it. Returns how many. */
int processes_on(int gpu, int slot, const char *kind, struct gpu_process *found);

/* A context of this process begins or ends. */
void note_context(int gpu, int slot);
void forget_context(int gpu, int slot);

/* Bytes that the processes on a GPU use together, contexts of this process left out if `but_own`. */
unsigned long long memory_of_processes(int gpu, int slot, int but_own);

#endif
