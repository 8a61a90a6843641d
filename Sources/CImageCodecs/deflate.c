// zlib streams (RFC 1950) and checksums through libdeflate.
#include <libdeflate.h>
#include <stdlib.h>

#include "CImageCodecs.h"

uint32_t ci_crc32(const void *bytes, size_t count) { return libdeflate_crc32(0, bytes, count); }

uint32_t ci_crc32_continued(uint32_t checksum, const void *bytes, size_t count) {
  return libdeflate_crc32(checksum, bytes, count);
}

int ci_zlib_inflate(const void *from, size_t count, void *to, size_t room, size_t *used) {
  struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
  if (!decompressor) return CI_MEMORY;
  size_t made = 0;
  enum libdeflate_result result =
      libdeflate_zlib_decompress_ex(decompressor, from, count, to, room, used, &made);
  libdeflate_free_decompressor(decompressor);
  switch (result) {
    case LIBDEFLATE_SUCCESS: return made == room ? CI_OK : CI_SHORT;
    case LIBDEFLATE_INSUFFICIENT_SPACE: return CI_LONG;
    default: return CI_CORRUPT;
  }
}

int ci_zlib_inflate_text(const void *from, size_t count, size_t limit, uint8_t **to, size_t *made) {
  struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
  if (!decompressor) return CI_MEMORY;
  int status = CI_LONG;
  // The size is not known beforehand: try ever larger ones.
  for (size_t room = count < 1024 ? 4096 : count * 4; status == CI_LONG; room *= 4) {
    if (room > limit) room = limit;
    uint8_t *bytes = malloc(room);
    if (!bytes) {
      status = CI_MEMORY;
      break;
    }
    enum libdeflate_result result = libdeflate_zlib_decompress(decompressor, from, count, bytes, room, made);
    if (result == LIBDEFLATE_SUCCESS) {
      *to = bytes;
      status = CI_OK;
      break;
    }
    free(bytes);
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE) status = CI_CORRUPT;
    if (room == limit) break;
  }
  libdeflate_free_decompressor(decompressor);
  return status;
}

int ci_zlib_deflate(const void *from, size_t count, int level, uint8_t **to, size_t *made) {
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
  if (!compressor) return CI_MEMORY;
  size_t room = libdeflate_zlib_compress_bound(compressor, count);
  *to = malloc(room);
  if (*to) *made = libdeflate_zlib_compress(compressor, from, count, *to, room);
  libdeflate_free_compressor(compressor);
  if (!*to) return CI_MEMORY;
  if (*made == 0) {
    // Cannot be: there was room for the worst case.
    free(*to);
    *to = NULL;
    return CI_CORRUPT;
  }
  return CI_OK;
}
