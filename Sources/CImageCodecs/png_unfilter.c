// PNG filter reconstruction (W3C PNG specification, third edition, section 9): from filtered bytes to raw bytes.
#include <stdlib.h>
#include <string.h>

#include "CImageCodecs.h"
#include "png_rows.h"

typedef int16_t lanes4 __attribute__((vector_size(8)));
typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef int16_t lanes8 __attribute__((vector_size(16)));
typedef uint8_t bytes8 __attribute__((vector_size(8)));

// Sub, Average and Paeth depend on the pixel to the left: one pixel at a time, all its channels at once.
// `LANES` is 4 for pixels of 3 or 4 bytes and 8 for pixels of 6 or 8 bytes.
#define DEFINE_PIXEL_KERNELS(LANES)                                                                              \
  static inline __attribute__((always_inline)) lanes##LANES load##LANES(const uint8_t *from) {                   \
    bytes##LANES bytes;                                                                                          \
    memcpy(&bytes, from, sizeof bytes);                                                                          \
    return __builtin_convertvector(bytes, lanes##LANES);                                                         \
  }                                                                                                              \
  static inline __attribute__((always_inline)) void store##LANES(uint8_t *to, lanes##LANES value, size_t size) { \
    bytes##LANES bytes = __builtin_convertvector(value, bytes##LANES);                                           \
    memcpy(to, &bytes, size);                                                                                    \
  }                                                                                                              \
  static inline __attribute__((always_inline)) void average##LANES(                                              \
      uint8_t *row, const uint8_t *above, size_t count, size_t size) {                                           \
    lanes##LANES left = {0};                                                                                     \
    for (size_t at = 0; at + size <= count; at += size) {                                                        \
      left = (load##LANES(row + at) + ((left + load##LANES(above + at)) >> 1)) & 0xff;                           \
      store##LANES(row + at, left, size);                                                                        \
    }                                                                                                            \
  }                                                                                                              \
  static inline __attribute__((always_inline)) void sub##LANES(uint8_t *row, size_t count, size_t size) {        \
    lanes##LANES left = {0};                                                                                     \
    for (size_t at = 0; at + size <= count; at += size) {                                                        \
      left = (load##LANES(row + at) + left) & 0xff;                                                              \
      store##LANES(row + at, left, size);                                                                        \
    }                                                                                                            \
  }                                                                                                              \
  static inline __attribute__((always_inline)) void paeth##LANES(                                                \
      uint8_t *row, const uint8_t *above, size_t count, size_t size) {                                           \
    lanes##LANES left = {0}, corner = {0};                                                                       \
    for (size_t at = 0; at + size <= count; at += size) {                                                        \
      lanes##LANES up = load##LANES(above + at);                                                                 \
      lanes##LANES from_left = up - corner, from_up = left - corner;                                             \
      lanes##LANES from_corner = __builtin_elementwise_abs(from_left + from_up);                                 \
      from_left = __builtin_elementwise_abs(from_left);                                                          \
      from_up = __builtin_elementwise_abs(from_up);                                                              \
      lanes##LANES least =                                                                                       \
          __builtin_elementwise_min(from_corner, __builtin_elementwise_min(from_left, from_up));                 \
      lanes##LANES is_left = least == from_left, is_up = least == from_up;                                       \
      lanes##LANES guess = (left & is_left) | (~is_left & ((up & is_up) | (corner & ~is_up)));                   \
      corner = up;                                                                                               \
      left = (load##LANES(row + at) + guess) & 0xff;                                                             \
      store##LANES(row + at, left, size);                                                                        \
    }                                                                                                            \
  }

DEFINE_PIXEL_KERNELS(4)
DEFINE_PIXEL_KERNELS(8)

static inline int paeth_byte(int left, int up, int corner) {
  int from_left = abs(up - corner), from_up = abs(left - corner), from_corner = abs(left + up - 2 * corner);
  if (from_left <= from_up && from_left <= from_corner) return left;
  return from_up <= from_corner ? up : corner;
}

// Pixels of one or two bytes: grey, palette, and grey with alpha or of 16 bits.
static void average_bytes(uint8_t *row, const uint8_t *above, size_t count, size_t size) {
  for (size_t at = 0; at < count; at++) {
    int left = at < size ? 0 : row[at - size];
    row[at] = (uint8_t)(row[at] + ((left + above[at]) >> 1));
  }
}

static void sub_bytes(uint8_t *row, size_t count, size_t size) {
  for (size_t at = size; at < count; at++) row[at] = (uint8_t)(row[at] + row[at - size]);
}

static void paeth_bytes(uint8_t *row, const uint8_t *above, size_t count, size_t size) {
  for (size_t at = 0; at < count; at++) {
    int left = at < size ? 0 : row[at - size], corner = at < size ? 0 : above[at - size];
    row[at] = (uint8_t)(row[at] + paeth_byte(left, above[at], corner));
  }
}

PNG_VECTORISED static void up_bytes(uint8_t *row, const uint8_t *above, size_t count) {
  for (size_t at = 0; at < count; at++) row[at] = (uint8_t)(row[at] + above[at]);
}

static void unfilter_sub(uint8_t *row, size_t count, size_t size) {
  switch (size) {
    case 3: sub4(row, count, 3); break;
    case 4: sub4(row, count, 4); break;
    case 6: sub8(row, count, 6); break;
    case 8: sub8(row, count, 8); break;
    default: sub_bytes(row, count, size);
  }
}

static void unfilter_average(uint8_t *row, const uint8_t *above, size_t count, size_t size) {
  switch (size) {
    case 3: average4(row, above, count, 3); break;
    case 4: average4(row, above, count, 4); break;
    case 6: average8(row, above, count, 6); break;
    case 8: average8(row, above, count, 8); break;
    default: average_bytes(row, above, count, size);
  }
}

static void unfilter_paeth(uint8_t *row, const uint8_t *above, size_t count, size_t size) {
  switch (size) {
    case 3: paeth4(row, above, count, 3); break;
    case 4: paeth4(row, above, count, 4); break;
    case 6: paeth8(row, above, count, 6); break;
    case 8: paeth8(row, above, count, 8); break;
    default: paeth_bytes(row, above, count, size);
  }
}

int64_t ci_png_unfilter(
    uint8_t *rows, size_t count, size_t row_bytes, size_t used_bytes, size_t pixel_bytes, const uint8_t *zeros) {
  const uint8_t *above = zeros;
  for (size_t y = 0; y < count; y++) {
    uint8_t *filter = rows + y * (row_bytes + 1), *row = filter + 1;
    switch (*filter) {
      case 0: break;
      case 1: unfilter_sub(row, used_bytes, pixel_bytes); break;
      case 2: up_bytes(row, above, used_bytes); break;
      case 3: unfilter_average(row, above, used_bytes, pixel_bytes); break;
      case 4: unfilter_paeth(row, above, used_bytes, pixel_bytes); break;
      default: return (int64_t)y;
    }
    *filter = 0;
    above = row;
  }
  return -1;
}

int64_t ci_png_check_filters(const uint8_t *rows, size_t count, size_t row_bytes) {
  for (size_t y = 0; y < count; y++) {
    if (rows[y * (row_bytes + 1)] > 4) return (int64_t)y;
  }
  return -1;
}
