// PNG filtering (W3C PNG specification, third edition, sections 9 and 12.7): from raw bytes to bytes that deflate well.
#include <stdlib.h>
#include <string.h>

#include "CImageCodecs.h"
#include "png_rows.h"

// Each of these writes one row filtered and returns the sum of the absolute values of its bytes taken as signed
// numbers: the measure of the specification's heuristic for the choice of a row's filter.

static inline __attribute__((always_inline)) uint8_t magnitude(uint8_t value) {
  uint8_t negated = (uint8_t)-value;
  return value < negated ? value : negated;
}

// Adds magnitudes up in 16 bits for as long as they fit, which keeps the vectors full.
#define SUM_ROW(START, EXPRESSION)                                 \
  uint64_t sum = 0;                                                \
  for (size_t begin = (START); begin < count; begin += 256) {      \
    size_t end = count - begin < 256 ? count : begin + 256;        \
    uint16_t part = 0;                                             \
    for (size_t at = begin; at < end; at++) {                      \
      uint8_t value = (uint8_t)(row[at] - (EXPRESSION));           \
      to[at] = value;                                              \
      part = (uint16_t)(part + magnitude(value));                  \
    }                                                              \
    sum += part;                                                   \
  }                                                                \
  return sum

PNG_VECTORISED static uint64_t filter_none(uint8_t *to, const uint8_t *row, size_t count) { SUM_ROW(0, 0); }

PNG_VECTORISED static uint64_t filter_sub(uint8_t *to, const uint8_t *row, size_t count, size_t size) {
  SUM_ROW(0, row[(ptrdiff_t)at - (ptrdiff_t)size]);
}

PNG_VECTORISED static uint64_t filter_up(uint8_t *to, const uint8_t *row, const uint8_t *above, size_t count) {
  SUM_ROW(0, above[at]);
}

PNG_VECTORISED static uint64_t filter_average(
    uint8_t *to, const uint8_t *row, const uint8_t *above, size_t count, size_t size) {
  SUM_ROW(0, (row[(ptrdiff_t)at - (ptrdiff_t)size] + above[at]) >> 1);
}

static inline __attribute__((always_inline)) uint8_t paeth_guess(uint8_t left, uint8_t up, uint8_t corner) {
  int16_t from_left = (int16_t)(up - corner), from_up = (int16_t)(left - corner);
  int16_t from_corner = (int16_t)(from_left + from_up);
  from_left = from_left < 0 ? (int16_t)-from_left : from_left;
  from_up = from_up < 0 ? (int16_t)-from_up : from_up;
  from_corner = from_corner < 0 ? (int16_t)-from_corner : from_corner;
  uint8_t other = from_up <= from_corner ? up : corner;
  return from_left <= from_up && from_left <= from_corner ? left : other;
}

PNG_VECTORISED static uint64_t filter_paeth(
    uint8_t *to, const uint8_t *row, const uint8_t *above, size_t count, size_t size) {
  SUM_ROW(
      0, paeth_guess(
             row[(ptrdiff_t)at - (ptrdiff_t)size], above[at], above[(ptrdiff_t)at - (ptrdiff_t)size]));
}

// Moves `count` bytes' worth of pixels that begin `shift` bits into a byte to the front of `to`.
static void copy_shifted(uint8_t *to, const uint8_t *from, size_t count, unsigned shift) {
  if (shift == 0) {
    memcpy(to, from, count);
    return;
  }
  for (size_t at = 0; at < count; at++) to[at] = (uint8_t)(from[at] << shift | from[at + 1] >> (8 - shift));
}

int ci_png_filter(const ci_png_region *region, int is_adaptive, uint8_t *to) {
  size_t count = region->row_bytes, size = region->pixel_bytes, room = count + 2 * PNG_ROW_MARGIN;
  // The current and the previous row, raw, with zeros to their left, and one row per filter.
  uint8_t *scratch = calloc(7, room);
  if (!scratch) return -1;
  uint8_t *row = scratch + PNG_ROW_MARGIN, *above = row + room, *trial[5];
  for (int filter = 0; filter < 5; filter++) trial[filter] = above + room * (size_t)(filter + 1);
  for (size_t y = 0; y < region->rows; y++) {
    copy_shifted(row, region->pixels + y * region->stride, count, region->bit_shift);
    if (region->last_mask != 0xff) row[count - 1] &= region->last_mask;
    int best = 0;
    if (is_adaptive) {
      uint64_t sums[5] = {
          filter_none(trial[0], row, count), filter_sub(trial[1], row, count, size),
          filter_up(trial[2], row, above, count), filter_average(trial[3], row, above, count, size),
          filter_paeth(trial[4], row, above, count, size)};
      for (int filter = 1; filter < 5; filter++) {
        if (sums[filter] < sums[best]) best = filter;
      }
    }
    *to++ = (uint8_t)best;
    memcpy(to, is_adaptive ? trial[best] : row, count);
    to += count;
    uint8_t *swapped = row;
    row = above;
    above = swapped;
  }
  free(scratch);
  return 0;
}
