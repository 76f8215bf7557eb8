#pragma once
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

// prctl is variadic, which Swift cannot call.
static inline int mien_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, (unsigned long)signal); }

// glibc declares these two only under _GNU_SOURCE, which Swift's own Glibc module is built without.
extern int pipe2(int ends[2], int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static inline int mien_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }
static inline int mien_spawn_close_from(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

// Swift sees another type in the first parameter of setrlimit than these constants have.
static inline int mien_limit_address_space(unsigned long bytes) {
    struct rlimit limit = {bytes, bytes};
    return setrlimit(RLIMIT_AS, &limit);
}
static inline int mien_forbid_core_files(void) {
    struct rlimit limit = {0, 0};
    return setrlimit(RLIMIT_CORE, &limit);
}
// So many more seconds for the whole process. The soft limit alone: it can be raised again, and ends the process with
// SIGXCPU.
static inline int mien_limit_processor_time(unsigned long seconds) {
    struct timespec used;
    struct rlimit limit;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0 || getrlimit(RLIMIT_CPU, &limit) != 0) return -1;
    seconds += (unsigned long)used.tv_sec + 1;
    limit.rlim_cur = seconds < limit.rlim_max ? seconds : limit.rlim_max;
    return setrlimit(RLIMIT_CPU, &limit);
}
static inline int mien_lift_processor_time(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CPU, &limit) != 0) return -1;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_CPU, &limit);
}
static inline void mien_malloc_trim(void) { malloc_trim(0); }

// struct stat belongs to several modules in Swift's eyes.
static inline int mien_is_pipe(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}
