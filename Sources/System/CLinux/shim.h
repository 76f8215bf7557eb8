#pragma once
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>

// prctl is variadic, which Swift cannot call.
static inline int mien_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, (unsigned long)signal); }

// glibc declares these two only under _GNU_SOURCE, which Swift's own Glibc module is built without.
extern int pipe2(int ends[2], int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static inline int mien_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }
static inline int mien_spawn_close_from(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}
