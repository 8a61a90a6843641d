// System calls that Swift cannot reach or that differ between Linux and macOS.
#ifndef CSYSTEM_H
#define CSYSTEM_H

#include <stddef.h>
#include <stdint.h>

#include "ChildProcess.h"

// Renames without replacing: renameat2(RENAME_NOREPLACE) on Linux, renamex_np(RENAME_EXCL) on macOS.
// Returns 0, or -1 with errno set (EEXIST when the destination is taken).
int cs_rename_exclusive(const char *from, const char *to);

// Makes everything written to the file system of `descriptor` durable. Returns 0, or -1 with errno set.
// On macOS, where there is no syncfs, it returns -1 with ENOTSUP: sync file by file.
int cs_sync_file_system(int descriptor);

// Lets the kernel begin to write a range of a file to disk, so that a later fsync has little left to do. Advice:
// it does nothing where there is no such call.
void cs_begin_writeback(int descriptor, int64_t offset, int64_t count);

// Which mounted file system `path` is on: two folders with the same number allow a rename between them. Returns 0, or -1
// with errno set (ENOTSUP where the system has no such number; compare the devices then).
int cs_mount_id(const char *path, uint64_t *id);

// Gives an open file the permissions, times and extended attributes of another; the owner where that is allowed.
// Attributes that the target's file system cannot hold are left out. Returns 0, or -1 with errno set.
int cs_copy_attributes(int from, int to);

// Where `part` begins within `bytes`; NULL when it is not there. memmem, which the C library hides from Swift.
const void *cs_find(const void *bytes, size_t count, const void *part, size_t part_count);

#endif
