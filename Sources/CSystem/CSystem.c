#ifdef __linux__
#define _GNU_SOURCE
#include <fcntl.h>
#endif
#include "CSystem.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

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
