// Starting a child program with nothing of ours but what it is given.
#ifndef CSYSTEM_CHILD_PROCESS_H
#define CSYSTEM_CHILD_PROCESS_H

#include <stddef.h>

typedef struct {
  const char *executable;         // a path; PATH is not searched
  char *const *arguments;         // NULL-terminated, the program's name first
  char *const *environment;       // NULL-terminated, exactly what the child gets
  const char *working_directory;  // a path
  int input;                      // becomes descriptor 0
  int output;                     // becomes descriptor 1
  int errors;                     // becomes descriptor 2; may be the same as output
} cs_spawn_order;

// The step of a start that failed.
enum {
  CS_SPAWN_FORK = 1,
  CS_SPAWN_GROUP,
  CS_SPAWN_DESCRIPTORS,
  CS_SPAWN_DIRECTORY,
  CS_SPAWN_EXECUTE,
};

typedef struct {
  int pid;
  // A descriptor that poll() reports as readable once the child has ended: a pidfd on Linux, a kqueue on macOS.
  int exit_watch;
  int failed_step;  // one of CS_SPAWN_… after a failure
  int error;        // its errno
} cs_spawned;

// Starts a child as the leader of a process group of its own, with default signal actions, an empty signal mask
// and no descriptors but 0, 1 and 2. On Linux the kernel kills the child when the calling thread ends; that
// thread has to stay until the child has ended. Returns 0, or -1 with `failed_step` and `error` filled in; then no
// child is left. On macOS a failure of any step but the first counts as CS_SPAWN_EXECUTE.
int cs_spawn(const cs_spawn_order *order, cs_spawned *spawned);

// A pipe whose ends are closed on exec and are none of 0, 1, 2; reading does not block. Returns 0, or -1 with errno set.
int cs_open_pipe(int ends[2]);

// Two descriptors with which one thread wakes another out of poll(): a byte count of 8 written to the second makes the
// first readable. They may be the same one. Returns 0, or -1 with errno set.
int cs_open_wake(int ends[2]);

// Opens /dev/null for reading; the descriptor is closed on exec and is none of 0, 1, 2. Returns -1 with errno set.
int cs_open_null(void);

// Makes this process the parent of all its descendants whose own parent ends. Returns 0, or -1 with errno set (ENOTSUP
// where the system has no such thing).
int cs_adopt_orphans(void);

// A pidfd of a process, or -1 with errno set (ENOTSUP where the system has no such thing).
int cs_open_process(int pid);

// The first place of `needle` in `bytes`, or NULL.
const void *cs_find_bytes(const void *bytes, size_t count, const void *needle, size_t needle_count);

// The last place of `byte` in `bytes`, or NULL.
const void *cs_find_last_byte(const void *bytes, size_t count, int byte);

#endif
