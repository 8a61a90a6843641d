// Faults at the durable operations of one process, for the crash sweep (Linux, LD_PRELOAD).
//
// It counts the calls that change files below one folder (making, writing, syncing, renaming, removing),
// SQLite's and the C library's among them, and lets one of them fail, tear, or be the last thing that the process
// does. Calls outside the folder pass untouched and uncounted. Environment, all read once at the start:
//
//   FAULT_ROOT   the folder, absolute, links resolved; without it nothing is counted
//   FAULT_MODE   kill        SIGKILL instead of operation FAULT_AT
//                kill-after  SIGKILL when it has returned
//                torn        write half of its bytes, then SIGKILL
//                short       this write and all later ones write half of their bytes and say so
//                enospc, eio operation FAULT_AT and all later ones that could fail so do
//   FAULT_AT     the number of the operation, from 1
//   FAULT_ONCE   1: enospc and eio hit only this operation
//   FAULT_TRACE  a file that gets one line for each operation: number, name, result, path, second path
//
// LD_PRELOAD and these variables are removed from the environment, so that child programs run without faults.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { NONE, KILL, KILL_AFTER, TORN, SHORT, ENOSPC_MODE, EIO_MODE };
enum action { PASS, DIE_AFTER, TEAR, SHORTEN, FAIL };
// What an operation needs of the disk: a full one still syncs what it has room for, removes and truncates.
enum need { NEEDS_SPACE, NEEDS_DISK };

static enum mode mode = NONE;
static long at = 0;
static int once = 0;
static char root[PATH_MAX];
static size_t root_length = 0;
static int trace = -1;
static pid_t owner = 0;
static atomic_long count = 0;

static long (*real_syscall)(long, ...) = NULL;

static long call(long number, long a, long b, long c, long d, long e, long f) {
  if (real_syscall == NULL) real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return real_syscall(number, a, b, c, d, e, f);
}
#define CALL1(n, a) call(n, (long)(a), 0, 0, 0, 0, 0)
#define CALL2(n, a, b) call(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define CALL3(n, a, b, c) call(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL4(n, a, b, c, d) call(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define CALL5(n, a, b, c, d, e) call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

__attribute__((constructor)) static void begin(void) {
  const char *folder = getenv("FAULT_ROOT");
  const char *name = getenv("FAULT_MODE");
  const char *number = getenv("FAULT_AT");
  const char *file = getenv("FAULT_TRACE");
  owner = getpid();
  if (number != NULL) at = atol(number);
  once = getenv("FAULT_ONCE") != NULL;
  if (file != NULL) trace = (int)CALL4(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (name != NULL) {
    static const char *const names[] = {"none", "kill", "kill-after", "torn", "short", "enospc", "eio"};
    for (int index = 0; index < 7; index++)
      if (strcmp(name, names[index]) == 0) mode = (enum mode)index;
  }
  if (folder != NULL && strlen(folder) < sizeof root) {
    strcpy(root, folder);
    root_length = strlen(root);
  }
  unsetenv("LD_PRELOAD");
  unsetenv("FAULT_ROOT");
  unsetenv("FAULT_MODE");
  unsetenv("FAULT_AT");
  unsetenv("FAULT_ONCE");
  unsetenv("FAULT_TRACE");
}

static void die(void) {
  CALL2(SYS_kill, owner, SIGKILL);
  for (;;) pause();
}

// The absolute path of a name relative to a directory descriptor, or of a descriptor alone (`name` is NULL).
static void locate(int directory, const char *name, char *path) {
  path[0] = 0;
  if (name != NULL && name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
    return;
  }
  char link[64];
  if (directory == AT_FDCWD)
    snprintf(link, sizeof link, "/proc/self/cwd");
  else
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
  ssize_t length = CALL4(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
  if (length < 0) length = 0;
  path[length] = 0;
  if (name != NULL) snprintf(path + length, (size_t)(PATH_MAX - length), "/%s", name);
}

static int is_inside(const char *path) {
  if (root_length == 0 || getpid() != owner) return 0;
  return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

struct operation {
  long number;
  enum action action;
  const char *name;
  const char *path;
  const char *second;
};

static struct operation enter(const char *name, const char *path, const char *second, enum need need, int is_write) {
  int error = errno;
  struct operation operation = {0, PASS, name, path, second};
  if (is_inside(path) || (second != NULL && is_inside(second))) {
    long number = operation.number = atomic_fetch_add(&count, 1) + 1;
    switch (mode) {
      case NONE: break;
      case KILL:
        if (number == at) die();
        break;
      case KILL_AFTER:
        if (number == at) operation.action = DIE_AFTER;
        break;
      case TORN:
        if (number == at) {
          if (!is_write) die();
          operation.action = TEAR;
        }
        break;
      case SHORT:
        if (number >= at && is_write) operation.action = SHORTEN;
        break;
      case ENOSPC_MODE:
        if (need == NEEDS_SPACE && (once ? number == at : number >= at)) operation.action = FAIL;
        break;
      case EIO_MODE:
        if (once ? number == at : number >= at) operation.action = FAIL;
        break;
    }
  }
  errno = error;
  return operation;
}

static long leave(const struct operation *operation, long result) {
  if (operation->number == 0) return result;
  int error = errno;
  if (operation->action == DIE_AFTER || operation->action == TEAR) die();
  if (trace >= 0) {
    char line[3 * PATH_MAX];
    int length = snprintf(
        line, sizeof line, "%ld\t%s\t%ld\t%s\t%s\n", operation->number, operation->name, result < 0 ? -(long)error : result,
        operation->path, operation->second == NULL ? "" : operation->second);
    CALL3(SYS_write, trace, line, length);
  }
  errno = error;
  return result;
}

static long refuse(const struct operation *operation) {
  errno = mode == ENOSPC_MODE ? ENOSPC : EIO;
  return leave(operation, -1);
}

#define GUARD(operation) \
  if ((operation).action == FAIL) return refuse(&(operation))

// MARK: Making and opening

static int open_at(int directory, const char *name, int flags, mode_t permissions) {
  if ((flags & O_CREAT) == 0) return (int)CALL4(SYS_openat, directory, name, flags, permissions);
  char path[PATH_MAX];
  locate(directory, name, path);
  if (!is_inside(path)) return (int)CALL4(SYS_openat, directory, name, flags, permissions);
  int error = errno;
  int is_new = CALL4(SYS_faccessat, directory, name, F_OK, 0) != 0;
  errno = error;
  struct operation operation = enter(is_new ? "create" : "open", path, NULL, is_new ? NEEDS_SPACE : NEEDS_DISK, 0);
  GUARD(operation);
  return (int)leave(&operation, CALL4(SYS_openat, directory, name, flags, permissions));
}

static mode_t permissions_of(int flags, va_list list) {
  return (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list list; \
    va_start(list, flags); \
    mode_t permissions = permissions_of(flags, list); \
    va_end(list); \
    return open_at(AT_FDCWD, path, flags, permissions); \
  }
OPEN(open)
OPEN(open64)
#define OPENAT(name) \
  int name(int directory, const char *path, int flags, ...) { \
    va_list list; \
    va_start(list, flags); \
    mode_t permissions = permissions_of(flags, list); \
    va_end(list); \
    return open_at(directory, path, flags, permissions); \
  }
OPENAT(openat)
OPENAT(openat64)
int creat(const char *path, mode_t permissions) {
  return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, permissions);
}

int mkdirat(int directory, const char *name, mode_t permissions) {
  char path[PATH_MAX];
  locate(directory, name, path);
  struct operation operation = enter("mkdir", path, NULL, NEEDS_SPACE, 0);
  GUARD(operation);
  return (int)leave(&operation, CALL3(SYS_mkdirat, directory, name, permissions));
}
int mkdir(const char *name, mode_t permissions) { return mkdirat(AT_FDCWD, name, permissions); }

// MARK: Writing

static size_t half(size_t bytes) { return bytes > 1 ? bytes / 2 : bytes; }

static ssize_t write_at(const char *name, int descriptor, const void *bytes, size_t length, off64_t offset) {
  char path[PATH_MAX];
  locate(descriptor, NULL, path);
  struct operation operation = enter(name, path, NULL, NEEDS_SPACE, 1);
  GUARD(operation);
  // A tear leaves a part of even a single byte: nothing.
  if (operation.action == TEAR) length /= 2;
  if (operation.action == SHORTEN) length = half(length);
  return leave(
      &operation, offset < 0 ? CALL3(SYS_write, descriptor, bytes, length)
                             : CALL4(SYS_pwrite64, descriptor, bytes, length, offset));
}
ssize_t write(int descriptor, const void *bytes, size_t length) {
  return write_at("write", descriptor, bytes, length, -1);
}
ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
  return write_at("pwrite", descriptor, bytes, length, offset);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
  return write_at("pwrite", descriptor, bytes, length, offset);
}

static ssize_t write_parts(int descriptor, const struct iovec *parts, int number, off64_t offset) {
  char path[PATH_MAX];
  locate(descriptor, NULL, path);
  struct operation operation = enter("writev", path, NULL, NEEDS_SPACE, 1);
  GUARD(operation);
  struct iovec part;
  if ((operation.action == TEAR || operation.action == SHORTEN) && number > 0) {
    part = parts[0];
    part.iov_len = operation.action == TEAR ? part.iov_len / 2 : half(part.iov_len);
    parts = &part;
    number = 1;
  }
  return leave(
      &operation, offset < 0 ? CALL3(SYS_writev, descriptor, parts, number)
                             : CALL5(SYS_pwritev, descriptor, parts, number, offset, 0));
}
ssize_t writev(int descriptor, const struct iovec *parts, int number) {
  return write_parts(descriptor, parts, number, -1);
}
ssize_t pwritev(int descriptor, const struct iovec *parts, int number, off_t offset) {
  return write_parts(descriptor, parts, number, offset);
}
ssize_t pwritev64(int descriptor, const struct iovec *parts, int number, off64_t offset) {
  return write_parts(descriptor, parts, number, offset);
}

ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t length, unsigned flags) {
  char path[PATH_MAX];
  locate(to, NULL, path);
  struct operation operation = enter("copy", path, NULL, NEEDS_SPACE, 1);
  GUARD(operation);
  if (operation.action == TEAR) length /= 2;
  if (operation.action == SHORTEN) length = half(length);
  return leave(&operation, call(SYS_copy_file_range, from, (long)from_offset, to, (long)to_offset, (long)length, flags));
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t length) {
  char path[PATH_MAX];
  locate(to, NULL, path);
  struct operation operation = enter("copy", path, NULL, NEEDS_SPACE, 1);
  GUARD(operation);
  if (operation.action == TEAR) length /= 2;
  if (operation.action == SHORTEN) length = half(length);
  return leave(&operation, CALL4(SYS_sendfile, to, from, offset, length));
}
ssize_t sendfile(int to, int from, off_t *offset, size_t length) { return sendfile64(to, from, (off64_t *)offset, length); }

static int resize(int descriptor, off64_t length) {
  char path[PATH_MAX];
  locate(descriptor, NULL, path);
  struct operation operation = enter("truncate", path, NULL, NEEDS_DISK, 0);
  GUARD(operation);
  return (int)leave(&operation, CALL2(SYS_ftruncate, descriptor, length));
}
int ftruncate(int descriptor, off_t length) { return resize(descriptor, length); }
int ftruncate64(int descriptor, off64_t length) { return resize(descriptor, length); }

// MARK: Making durable

static int make_durable(const char *name, long number, int descriptor) {
  char path[PATH_MAX];
  locate(descriptor, NULL, path);
  // Blocks that were promised to a write are looked for now: a full disk may show only here.
  struct operation operation = enter(name, path, NULL, NEEDS_SPACE, 0);
  GUARD(operation);
  return (int)leave(&operation, CALL1(number, descriptor));
}
int fsync(int descriptor) { return make_durable("fsync", SYS_fsync, descriptor); }
int fdatasync(int descriptor) { return make_durable("fdatasync", SYS_fdatasync, descriptor); }
int syncfs(int descriptor) { return make_durable("syncfs", SYS_syncfs, descriptor); }
int sync_file_range(int descriptor, off64_t offset, off64_t length, unsigned flags) {
  char path[PATH_MAX];
  locate(descriptor, NULL, path);
  struct operation operation = enter("writeback", path, NULL, NEEDS_DISK, 0);
  GUARD(operation);
  return (int)leave(&operation, CALL4(SYS_sync_file_range, descriptor, offset, length, flags));
}

// MARK: Names

static int rename_at(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
  char first[PATH_MAX], second[PATH_MAX];
  locate(from_directory, from, first);
  locate(to_directory, to, second);
  struct operation operation = enter("rename", first, second, NEEDS_SPACE, 0);
  GUARD(operation);
  return (int)leave(&operation, CALL5(SYS_renameat2, from_directory, from, to_directory, to, flags));
}
int rename(const char *from, const char *to) { return rename_at(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_directory, const char *from, int to_directory, const char *to) {
  return rename_at(from_directory, from, to_directory, to, 0);
}
int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
  return rename_at(from_directory, from, to_directory, to, flags);
}

int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
  char first[PATH_MAX], second[PATH_MAX];
  locate(from_directory, from, first);
  locate(to_directory, to, second);
  struct operation operation = enter("link", first, second, NEEDS_SPACE, 0);
  GUARD(operation);
  return (int)leave(&operation, CALL5(SYS_linkat, from_directory, from, to_directory, to, flags));
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int symlinkat(const char *target, int directory, const char *name) {
  char path[PATH_MAX];
  locate(directory, name, path);
  struct operation operation = enter("symlink", path, target, NEEDS_SPACE, 0);
  GUARD(operation);
  return (int)leave(&operation, CALL3(SYS_symlinkat, target, directory, name));
}
int symlink(const char *target, const char *name) { return symlinkat(target, AT_FDCWD, name); }

int unlinkat(int directory, const char *name, int flags) {
  char path[PATH_MAX];
  locate(directory, name, path);
  struct operation operation = enter((flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", path, NULL, NEEDS_DISK, 0);
  GUARD(operation);
  return (int)leave(&operation, CALL3(SYS_unlinkat, directory, name, flags));
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

// Raw system calls: the ones above by number; all others pass.
long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
  long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  switch (number) {
    case SYS_renameat2:
      return rename_at((int)a, (const char *)b, (int)c, (const char *)d, (unsigned)e);
    case SYS_syncfs:
      return syncfs((int)a);
    case SYS_fsync:
      return fsync((int)a);
    case SYS_fdatasync:
      return fdatasync((int)a);
    default: return call(number, a, b, c, d, e, f);
  }
}
