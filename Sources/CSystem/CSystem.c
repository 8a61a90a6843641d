#ifdef __linux__
#define _GNU_SOURCE
#include <fcntl.h>
#endif
#include "CSystem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/xattr.h>
#else
#include <copyfile.h>
#endif

int cs_rename_exclusive(const char *from, const char *to) {
#ifdef __linux__
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
#else
  return renamex_np(from, to, RENAME_EXCL);
#endif
}

int cs_sync_file_system(int descriptor) {
#ifdef __linux__
  return syncfs(descriptor);
#else
  (void)descriptor;
  errno = ENOTSUP;
  return -1;
#endif
}

void cs_begin_writeback(int descriptor, int64_t offset, int64_t count) {
#ifdef __linux__
  sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
#else
  (void)descriptor;
  (void)offset;
  (void)count;
#endif
}

int cs_mount_id(const char *path, uint64_t *id) {
#if defined(__linux__) && defined(STATX_MNT_ID)
  struct statx status;
  if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &status) != 0) return -1;
  if (!(status.stx_mask & STATX_MNT_ID)) {
    errno = ENOTSUP;
    return -1;
  }
  *id = status.stx_mnt_id;
  return 0;
#else
  (void)path;
  (void)id;
  errno = ENOTSUP;
  return -1;
#endif
}

#ifdef __linux__
// Whether an attribute may be left out: the target cannot hold it, or only the administrator may set it.
static int may_be_left_out(int error) { return error == ENOTSUP || error == EPERM || error == EACCES; }

static int copy_attribute(int from, int to, const char *name) {
  ssize_t size = fgetxattr(from, name, NULL, 0);
  if (size < 0) return may_be_left_out(errno) || errno == ENODATA ? 0 : -1;
  char *value = malloc(size > 0 ? (size_t)size : 1);
  if (value == NULL) return -1;
  int result = 0;
  size = fgetxattr(from, name, value, (size_t)size);
  if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0) != 0) result = may_be_left_out(errno) ? 0 : -1;
  int error = errno;
  free(value);
  errno = error;
  return result;
}

static int copy_extended_attributes(int from, int to) {
  ssize_t size = flistxattr(from, NULL, 0);
  if (size < 0) return errno == ENOTSUP ? 0 : -1;
  if (size == 0) return 0;
  char *names = malloc((size_t)size);
  if (names == NULL) return -1;
  int result = 0;
  size = flistxattr(from, names, (size_t)size);
  if (size < 0) result = -1;
  for (char *name = names; result == 0 && name < names + size; name += strlen(name) + 1)
    result = copy_attribute(from, to, name);
  int error = errno;
  free(names);
  errno = error;
  return result;
}
#endif

int cs_copy_attributes(int from, int to) {
#ifdef __linux__
  struct stat status;
  if (fstat(from, &status) != 0) return -1;
  // Only the administrator may give a file away; the copy then belongs to who moved it.
  int given = fchown(to, status.st_uid, status.st_gid);
  (void)given;
  if (fchmod(to, status.st_mode & 07777) != 0) return -1;
  if (copy_extended_attributes(from, to) != 0) return -1;
  struct timespec times[2] = {status.st_atim, status.st_mtim};
  return futimens(to, times);
#else
  return fcopyfile(from, to, NULL, COPYFILE_METADATA);
#endif
}

const void *cs_find(const void *bytes, size_t count, const void *part, size_t part_count) {
  return memmem(bytes, count, part, part_count);
}
