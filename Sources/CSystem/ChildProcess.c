#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#else
#include <spawn.h>
#include <sys/event.h>
#endif
#include "ChildProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// Moves a descriptor above the standard ones, so that giving the child its 0, 1 and 2 overwrites nothing.
static int above_standard(int descriptor) {
  if (descriptor < 0 || descriptor > 2) return descriptor;
  int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  int error = errno;
  close(descriptor);
  errno = error;
  return moved;
}

int cs_open_pipe(int ends[2]) {
#ifdef __linux__
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
#else
  if (pipe(ends) != 0) return -1;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
  ends[0] = above_standard(ends[0]);
  ends[1] = above_standard(ends[1]);
  if (ends[0] < 0 || ends[1] < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
    int error = errno;
    if (ends[0] >= 0) close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
    errno = error;
    return -1;
  }
  return 0;
}

int cs_open_wake(int ends[2]) {
#ifdef __linux__
  ends[0] = ends[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return ends[0] < 0 ? -1 : 0;
#else
  return cs_open_pipe(ends);
#endif
}

int cs_open_null(void) { return above_standard(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

const void *cs_find_bytes(const void *bytes, size_t count, const void *needle, size_t needle_count) {
  return memmem(bytes, count, needle, needle_count);
}

const void *cs_find_last_byte(const void *bytes, size_t count, int byte) {
  const unsigned char *start = bytes;
  while (count > 0) {
    count -= 1;
    if (start[count] == (unsigned char)byte) return start + count;
  }
  return NULL;
}

#ifdef __linux__

int cs_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int cs_open_process(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

typedef struct {
  const cs_spawn_order *order;
  cs_spawned *spawned;
  pid_t parent;
} start;

static int fail(cs_spawned *spawned, int step) {
  spawned->error = errno;
  spawned->failed_step = step;
  _exit(127);
}

// Closes every descriptor from 3 on; kernels before 5.9 have no close_range.
static void close_others(void) {
  if (syscall(SYS_close_range, 3, ~0U, 0) == 0) return;
  long limit = sysconf(_SC_OPEN_MAX);
  for (long descriptor = 3; descriptor < limit; descriptor++) close((int)descriptor);
}

// The child between clone and exec. It shares our memory while the calling thread stands still, so it makes
// system calls only and says through `spawned` what failed. All signals are blocked until the actions are reset.
static int become_program(void *argument) {
  const start *start = argument;
  const cs_spawn_order *order = start->order;
  cs_spawned *spawned = start->spawned;

  // The system call itself, as the C library does not let its internal signals be reset. All zero is the kernel's
  // action with SIG_DFL, no flags and an empty mask; its signal sets are 8 bytes long.
  static const unsigned long standard[8] = {0};
  for (int number = 1; number <= 64; number++) syscall(SYS_rt_sigaction, number, standard, NULL, 8);
  if (setpgid(0, 0) != 0) return fail(spawned, CS_SPAWN_GROUP);
  // A program must not outlive a run that was killed: the next run would start it a second time beside it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != start->parent) _exit(127);
  if (dup2(order->input, 0) < 0 || dup2(order->output, 1) < 0 || dup2(order->errors, 2) < 0)
    return fail(spawned, CS_SPAWN_DESCRIPTORS);
  close_others();
  if (chdir(order->working_directory) != 0) return fail(spawned, CS_SPAWN_DIRECTORY);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(order->executable, order->arguments, order->environment);
  return fail(spawned, CS_SPAWN_EXECUTE);
}

int cs_spawn(const cs_spawn_order *order, cs_spawned *spawned) {
  // The child runs on this piece of our stack. We stand still meanwhile (CLONE_VFORK), so it costs no allocation.
  _Alignas(16) char stack[32768];
  start start = {.order = order, .spawned = spawned, .parent = getpid()};
  spawned->pid = -1;
  spawned->exit_watch = -1;
  spawned->failed_step = 0;
  spawned->error = 0;

  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  int pid = clone(become_program, stack + sizeof stack, flags, &start, &spawned->exit_watch);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);

  if (pid < 0) {
    spawned->failed_step = CS_SPAWN_FORK;
    spawned->error = error;
    return -1;
  }
  if (spawned->failed_step != 0) {
    close(spawned->exit_watch);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return -1;
  }
  spawned->pid = pid;
  return 0;
}

#else

int cs_adopt_orphans(void) {
  errno = ENOTSUP;
  return -1;
}

int cs_open_process(int pid) {
  (void)pid;
  errno = ENOTSUP;
  return -1;
}

// A kqueue that becomes readable when the process ends. One that has ended already cannot be watched: then an
// event that is due at once stands in for it.
static int watch_exit(int pid) {
  int queue = kqueue();
  if (queue < 0) return -1;
  fcntl(queue, F_SETFD, FD_CLOEXEC);
  struct kevent event;
  EV_SET(&event, pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, NULL);
  if (kevent(queue, &event, 1, NULL, 0, NULL) == 0) return queue;
  EV_SET(&event, 1, EVFILT_USER, EV_ADD, 0, 0, NULL);
  kevent(queue, &event, 1, NULL, 0, NULL);
  EV_SET(&event, 1, EVFILT_USER, 0, NOTE_TRIGGER, 0, NULL);
  kevent(queue, &event, 1, NULL, 0, NULL);
  return queue;
}

int cs_spawn(const cs_spawn_order *order, cs_spawned *spawned) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  spawned->pid = -1;
  spawned->exit_watch = -1;
  spawned->failed_step = CS_SPAWN_FORK;
  if ((spawned->error = posix_spawnattr_init(&attributes)) != 0) return -1;
  if ((spawned->error = posix_spawn_file_actions_init(&actions)) != 0) {
    posix_spawnattr_destroy(&attributes);
    return -1;
  }
  posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_CLOEXEC_DEFAULT | POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  int error = posix_spawn_file_actions_adddup2(&actions, order->input, 0);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, order->output, 1);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, order->errors, 2);
  if (error == 0) error = posix_spawn_file_actions_addchdir_np(&actions, order->working_directory);
  if (error == 0) {
    spawned->failed_step = CS_SPAWN_EXECUTE;
    error = posix_spawn(&spawned->pid, order->executable, &actions, &attributes, order->arguments, order->environment);
  }
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error == 0 && (spawned->exit_watch = watch_exit(spawned->pid)) < 0) {
    spawned->failed_step = CS_SPAWN_FORK;
    error = errno;
    kill(-spawned->pid, SIGKILL);
    while (waitpid(spawned->pid, NULL, 0) < 0 && errno == EINTR) {
    }
  }
  spawned->error = error;
  return error == 0 ? 0 : -1;
}

#endif
