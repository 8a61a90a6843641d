// The means of parts of blocks, straight from the coefficients.
#include "jpeg_small.h"

#include <stdlib.h>
#include <string.h>

// The mean of the first four samples of a line of eight with one frequency alone, times 8192: half the sum of its cosines
// (the first: 1 / √8). The mean of the last four is the same for the first one and the negative for odd ones; even ones
// have none.
enum { MEAN_0 = 2896, MEAN_1 = 2624, MEAN_3 = -922, MEAN_5 = 616, MEAN_7 = -522, MEAN_BITS = 13 };

static inline uint8_t level(int32_t value) { return value < -128 ? 0 : value > 127 ? 255 : (uint8_t)(value + 128); }

// Both halves of a line's means.
static inline __attribute__((always_inline)) void halves(
    const int32_t in[5], int32_t *first, int32_t *last) {
  int32_t even = in[0] * MEAN_0;
  int32_t odd = in[1] * MEAN_1 + in[2] * MEAN_3 + in[3] * MEAN_5 + in[4] * MEAN_7;
  *first = even + odd;
  *last = even - odd;
}

// Four means of a block: left to right, top to bottom.
static inline __attribute__((always_inline)) void quarter_block(const int16_t *values, uint8_t *to, size_t stride) {
  static const int kept[5] = {0, 1, 3, 5, 7};
  int32_t left[5], right[5];
  for (int row = 0; row < 5; row++) {
    const int16_t *line = values + 8 * kept[row];
    int32_t in[5] = {line[0], line[1], line[3], line[5], line[7]};
    halves(in, &left[row], &right[row]);
    left[row] = (left[row] + 16) >> 5;
    right[row] = (right[row] + 16) >> 5;
  }
  int32_t upper, lower;
  enum { SHIFT = 2 * MEAN_BITS - 5 };
  halves(left, &upper, &lower);
  to[0] = level((upper + (1 << (SHIFT - 1))) >> SHIFT);
  to[stride] = level((lower + (1 << (SHIFT - 1))) >> SHIFT);
  halves(right, &upper, &lower);
  to[1] = level((upper + (1 << (SHIFT - 1))) >> SHIFT);
  to[stride + 1] = level((lower + (1 << (SHIFT - 1))) >> SHIFT);
}

static int make_planes(jpeg_small *small, const jpeg_scan *scan, j_decompress_ptr decoder, uint32_t by) {
  memset(small, 0, sizeof *small);
  small->count = scan->component_count;
  small->width = (decoder->image_width + by - 1) / by;
  small->height = (decoder->image_height + by - 1) / by;
  if (small->count != 1 && small->count != 3) return 0;
  for (int index = 0; index < small->count; index++) {
    const jpeg_scan_component *each = &scan->components[index];
    jpeg_small_plane *plane = &small->planes[index];
    if (scan->most_across % each->across || scan->most_down % each->down) return 0;
    plane->across = (uint32_t)(scan->most_across / each->across);
    plane->down = (uint32_t)(scan->most_down / each->down);
    plane->stride = (size_t)scan->columns * (size_t)each->across * (DCTSIZE / by);
    plane->samples = malloc(plane->stride * scan->rows * (size_t)each->down * (DCTSIZE / by));
    if (!plane->samples) return 0;
  }
  return 1;
}

static int decode_unit(
    jpeg_small *small, const jpeg_scan *scan, jpeg_scan_reader *reader, int *dc, size_t column, size_t row, int by) {
  jpeg_scan_block block;
  for (int component = 0; component < small->count; component++) {
    const jpeg_scan_component *each = &scan->components[component];
    jpeg_small_plane *plane = &small->planes[component];
    for (int down = 0; down < each->down; down++) {
      for (int across = 0; across < each->across; across++) {
        size_t x = column * (size_t)each->across + (size_t)across, y = row * (size_t)each->down + (size_t)down;
        if (by == 8) {
          if (jpeg_scan_skip(scan, component, reader, &dc[component]) != 0) return 0;
          int32_t mean = dc[component] * each->steps[0];
          plane->samples[y * plane->stride + x] = level((mean + 4) >> 3);
        } else {
          if (jpeg_scan_read(scan, component, reader, &dc[component], &block) != 0) return 0;
          quarter_block(block.values, plane->samples + 2 * y * plane->stride + 2 * x, plane->stride);
        }
      }
    }
  }
  return 1;
}

int jpeg_small_decode(jpeg_small *small, const jpeg_scan *scan, j_decompress_ptr decoder, uint32_t by) {
  jpeg_scan_reader reader = jpeg_scan_start(scan);
  int dc[JPEG_SCAN_COMPONENTS] = {0};
  int is_good = make_planes(small, scan, decoder, by);
  for (uint32_t row = 0; is_good && row < scan->rows; row++) {
    for (uint32_t column = 0; is_good && column < scan->columns; column++) {
      is_good = decode_unit(small, scan, &reader, dc, column, row, (int)by);
    }
  }
  if (is_good && jpeg_scan_is_complete(scan, &reader)) return 1;
  jpeg_small_free(small);
  return 0;
}

void jpeg_small_free(jpeg_small *small) {
  for (int index = 0; index < 3; index++) free(small->planes[index].samples);
  memset(small, 0, sizeof *small);
}

static inline uint8_t clamp(int32_t value) { return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value; }

void jpeg_small_row(const jpeg_small *small, int is_rgb, uint32_t y, uint8_t *to) {
  const uint8_t *lines[3];
  uint32_t across[3];
  for (int index = 0; index < 3; index++) {
    const jpeg_small_plane *plane = &small->planes[small->count == 1 ? 0 : index];
    lines[index] = plane->samples + plane->stride * (y / plane->down);
    across[index] = plane->across;
  }
  int is_grey = small->count == 1;
  for (uint32_t x = 0; x < small->width; x++, to += 3) {
    int32_t first = lines[0][x / across[0]], second = lines[1][x / across[1]], third = lines[2][x / across[2]];
    if (is_rgb || is_grey) {
      to[0] = (uint8_t)first;
      to[1] = (uint8_t)second;
      to[2] = (uint8_t)third;
      continue;
    }
    // JFIF 1.02: R = Y + 1.402 (Cr - 128) and so on, in 65536ths.
    int32_t blue = second - 128, red = third - 128;
    to[0] = clamp(first + ((91881 * red + 32768) >> 16));
    to[1] = clamp(first - ((22554 * blue + 46802 * red + 32768) >> 16));
    to[2] = clamp(first + ((116130 * blue + 32768) >> 16));
  }
}
