/* What every exported function does first: note the call, then misbehave where the state says so. */
#ifndef STUB_CALLS_H
#define STUB_CALLS_H

#define EXPORT __attribute__((visibility("default")))

/* Returns the code that the call shall answer, or 0 to go on. `gpu` is NVML's index, -1 for calls that name none. */
int call_begin(const char *name, int gpu);

/* Adds a line to the call log, where the state names one. */
void log_call(const char *what, int gpu);

#endif
