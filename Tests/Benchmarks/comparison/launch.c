// Starts one program and writes what it took to a file: wall time in nanoseconds, user and system time in
// microseconds, peak resident memory in bytes, and the exit status.
//
// A small program of its own, because Linux counts the memory of the process that starts another one as that
// one's peak: started from the Python driver, every program would seem to need at least what Python needs.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t microseconds(struct timeval time) { return (int64_t)time.tv_sec * 1000000 + time.tv_usec; }

int main(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: launch REPORT PROGRAM [ARGUMENT…]\n");
    return 64;
  }
  int64_t start = nanoseconds();
  pid_t child;
  int failure = posix_spawnp(&child, arguments[2], NULL, NULL, arguments + 2, environ);
  if (failure != 0) {
    fprintf(stderr, "cannot start %s: %s\n", arguments[2], strerror(failure));
    return 127;
  }
  int status;
  struct rusage usage;
  while (wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) return 126;
  }
  int64_t end = nanoseconds();
#ifdef __APPLE__
  int64_t peak = usage.ru_maxrss;
#else
  int64_t peak = (int64_t)usage.ru_maxrss * 1024;
#endif
  FILE *report = fopen(arguments[1], "w");
  if (report == NULL) {
    fprintf(stderr, "cannot write %s: %s\n", arguments[1], strerror(errno));
    return 126;
  }
  fprintf(report, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %d\n", end - start,
          microseconds(usage.ru_utime), microseconds(usage.ru_stime), peak,
          WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return fclose(report) == 0 ? 0 : 126;
}
