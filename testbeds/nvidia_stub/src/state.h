/*
 * The state file: what the pretended node is like and how its driver misbehaves.
 *
 * Text in sections: `[gpu 0]`, then lines `key = value`. A value that is not there means "this board has no such
 * thing", which the real library answers with NOT_SUPPORTED; a value `!15` means "the call for it answers 15".
 */
#ifndef STUB_STATE_H
#define STUB_STATE_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_GPUS 32
#define MAX_MIG_SLOTS 8

/* What state_number() returns when the file has no such value; a positive result is the code of a `!` value. */
#define STATE_ABSENT (-1)

struct fault {
    const char *call;  /* fnmatch pattern over names of exported functions */
    int gpu;           /* -1: any */
    const char *action;/* "answer", "hang", "crash", "abort", "exit" or "delay" */
    int code;
    long delay_ms;
    unsigned long skip;   /* so many calls pass before the fault begins */
    unsigned long times;  /* so many calls are hit; 0: all further ones */
    unsigned long *count; /* calls seen: of this process, or of all processes where the state asks for that */
};

/* Takes the file as it is now for the calls that this thread makes until the next state_enter(). */
void state_enter(void);

/* False where there is no state file: the libraries then behave as on a node without a driver. */
bool state_exists(void);

bool state_has(const char *section);
const char *state_text(const char *section, const char *key);
int state_number(const char *section, const char *key, long long *value);

/* For values that the caller treats alike whether they are missing, refused or given. */
long long state_number_or(const char *section, const char *key, long long otherwise);

struct fault *state_faults(size_t *count);

/* Section names of devices; `slot` is -1 for a whole GPU. The text is valid until the thread's next call of it. */
const char *device_section(int gpu, int slot);
const char *numbered_section(const char *kind, int number);

int gpu_sections(void);

/* Path that this library was loaded by, as the dynamic linker knows it. */
const char *library_path(void);

#endif
