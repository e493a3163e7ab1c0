#define _GNU_SOURCE
#include "calls.h"

#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "state.h"

void log_call(const char *what, int gpu)
{
    const char *path = state_text("node", "log");
    int before = errno;
    struct timespec now;
    FILE *log;

    if (path && (log = fopen(path, "ae"))) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        /* One write per line, so that lines of several processes do not mix. */
        fprintf(log, "%lld%09ld %d %d %s\n", (long long)now.tv_sec, now.tv_nsec, (int)getpid(), gpu, what);
        fclose(log);
    }
    errno = before;
}

static void sleep_ms(long milliseconds)
{
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    while (nanosleep(&left, &left) && errno == EINTR)
        ;
}

/* As near to a thread stuck in the driver as a program can get: nothing but SIGKILL ends it. */
static _Noreturn void hang(void)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (;;)
        pause();
}

static int misbehave(const struct fault *fault)
{
    if (fault->delay_ms)
        sleep_ms(fault->delay_ms);
    if (!strcmp(fault->action, "hang"))
        hang();
    if (!strcmp(fault->action, "crash"))
        raise(SIGSEGV);
    if (!strcmp(fault->action, "abort"))
        abort();
    if (!strcmp(fault->action, "exit"))
        _exit(fault->code);
    return strcmp(fault->action, "delay") ? fault->code : 0;
}

int call_begin(const char *name, int gpu)
{
    size_t count;

    state_enter();
    log_call(name, gpu);
    struct fault *faults = state_faults(&count);
    for (size_t f = 0; f < count; f++) {
        struct fault *fault = &faults[f];
        if ((fault->gpu >= 0 && fault->gpu != gpu) || fnmatch(fault->call, name, 0))
            continue;
        unsigned long before = __atomic_fetch_add(fault->count, 1, __ATOMIC_RELAXED);
        if (before < fault->skip || (fault->times && before >= fault->skip + fault->times))
            continue;
        int code = misbehave(fault);
        if (code)
            return code;
    }
    return 0;
}
