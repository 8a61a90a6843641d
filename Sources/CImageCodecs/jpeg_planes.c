// Blocks of coefficients become samples, and samples pixels, exactly as in libjpeg.
#include "jpeg_planes.h"

#include <stdlib.h>
#include <string.h>

#include "png_rows.h"

typedef int32_t lanes __attribute__((vector_size(32)));

enum { CONSTANT_BITS = 13, FIRST_PASS_BITS = 2 };

// One pass of the inverse cosine transform over eight lines at once: Loeffler, Ligtenberg and Moschytz, "Practical fast
// 1-D DCT algorithms with 11 multiplications" (ICASSP 1989), with constants of 13 bits, in libjpeg's order of steps.
static inline __attribute__((always_inline)) void transform(lanes in[8], lanes out[8], int shift) {
  const lanes half = (lanes){} + (1 << (shift - 1));
  lanes joined = (in[2] + in[6]) * 4433;
  lanes low = joined - in[6] * 15137, high = joined + in[2] * 6270;
  lanes sum = (in[0] + in[4]) << CONSTANT_BITS, difference = (in[0] - in[4]) << CONSTANT_BITS;
  lanes even[4] = {sum + high, difference + low, difference - low, sum - high};
  lanes z1 = in[7] + in[1], z2 = in[5] + in[3], z3 = in[7] + in[3], z4 = in[5] + in[1];
  lanes z5 = (z3 + z4) * 9633;
  z1 *= -7373;
  z2 *= -20995;
  z3 = z3 * -16069 + z5;
  z4 = z4 * -3196 + z5;
  lanes odd[4] = {
      in[1] * 12299 + z1 + z4, in[3] * 25172 + z2 + z3, in[5] * 16819 + z2 + z4, in[7] * 2446 + z1 + z3};
  for (int line = 0; line < 4; line++) {
    out[line] = (even[line] + odd[line] + half) >> shift;
    out[7 - line] = (even[line] - odd[line] + half) >> shift;
  }
}

static inline __attribute__((always_inline)) void transpose(lanes rows[8]) {
  lanes pairs[8], quads[8];
  for (int row = 0; row < 8; row += 2) {
    pairs[row] = __builtin_shufflevector(rows[row], rows[row + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    pairs[row + 1] = __builtin_shufflevector(rows[row], rows[row + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int row = 0; row < 8; row += 4) {
    for (int odd = 0; odd < 2; odd++) {
      quads[row + odd] =
          __builtin_shufflevector(pairs[row + odd], pairs[row + odd + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      quads[row + odd + 2] =
          __builtin_shufflevector(pairs[row + odd], pairs[row + odd + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int row = 0; row < 4; row++) {
    rows[row] = __builtin_shufflevector(quads[row], quads[row + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    rows[row + 4] = __builtin_shufflevector(quads[row], quads[row + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

PNG_VECTORISED static void invert_block(const int16_t *values, uint8_t *to, size_t stride) {
  typedef int16_t eight __attribute__((vector_size(16)));
  typedef uint8_t bytes __attribute__((vector_size(8)));
  lanes in[8], out[8];
  for (int row = 0; row < 8; row++) {
    eight line;
    memcpy(&line, values + 8 * row, sizeof line);
    in[row] = __builtin_convertvector(line, lanes);
  }
  transform(in, out, CONSTANT_BITS - FIRST_PASS_BITS);
  transpose(out);
  transform(out, in, CONSTANT_BITS + FIRST_PASS_BITS + 3);
  transpose(in);
  for (int row = 0; row < 8; row++) {
    lanes level = __builtin_elementwise_min(__builtin_elementwise_max(in[row] + 128, (lanes){}), (lanes){} + 255);
    bytes line = __builtin_convertvector(level, bytes);
    memcpy(to + stride * (size_t)row, &line, sizeof line);
  }
}

// Which units are decoded: those with pixels of the rectangle, and with the neighbours that make colours smooth.
typedef struct {
  uint32_t left, right, top, bottom;
} unit_range;

static unit_range range_for(const jpeg_scan *scan, ci_rectangle rectangle) {
  uint32_t wide = (uint32_t)scan->most_across, high = (uint32_t)scan->most_down;
  uint32_t right = rectangle.left + rectangle.width + wide, bottom = rectangle.top + rectangle.height + high;
  unit_range range = {
      rectangle.left < wide ? 0 : (rectangle.left - wide) / scan->unit_width,
      (right + scan->unit_width - 1) / scan->unit_width,
      rectangle.top < high ? 0 : (rectangle.top - high) / scan->unit_height,
      (bottom + scan->unit_height - 1) / scan->unit_height,
  };
  if (range.right > scan->columns) range.right = scan->columns;
  if (range.bottom > scan->rows) range.bottom = scan->rows;
  return range;
}

// Kinds of subsampling whose upsampling is rebuilt here. libjpeg repeats samples where a row has too few to be smooth.
static int is_known(const jpeg_scan *scan, const jpeg_scan_component *each, uint32_t image_width) {
  if (scan->most_across % each->across || scan->most_down % each->down) return 0;
  int across = scan->most_across / each->across, down = scan->most_down / each->down;
  if (across == 1 && down == 1) return 1;
  return across == 2 && down <= 2 && (image_width + 1) / 2 > 2;
}

static int make_planes(
    const jpeg_scan *scan, uint32_t image_width, uint32_t image_height, unit_range range, jpeg_planes *planes) {
  memset(planes, 0, sizeof *planes);
  planes->count = scan->component_count;
  for (int index = 0; index < planes->count; index++) {
    const jpeg_scan_component *each = &scan->components[index];
    if (!is_known(scan, each, image_width)) return 0;
    uint32_t across = (uint32_t)each->across, down = (uint32_t)each->down;
    jpeg_plane *plane = &planes->planes[index];
    planes->across[index] = scan->most_across / each->across;
    planes->down[index] = scan->most_down / each->down;
    plane->left = range.left * across * DCTSIZE;
    plane->top = range.top * down * DCTSIZE;
    plane->width = (image_width * across + (uint32_t)scan->most_across - 1) / (uint32_t)scan->most_across;
    plane->height = (image_height * down + (uint32_t)scan->most_down - 1) / (uint32_t)scan->most_down;
    plane->stride = (size_t)(range.right - range.left) * across * DCTSIZE;
    plane->samples = malloc(plane->stride * (range.bottom - range.top) * down * DCTSIZE);
    if (!plane->samples) return 0;
  }
  return 1;
}

// Reads the blocks of one unit into the planes.
static int decode_unit(
    const jpeg_scan *scan, jpeg_scan_reader *reader, int *dc, jpeg_planes *planes, uint32_t column, uint32_t row) {
  jpeg_scan_block block;
  for (int component = 0; component < planes->count; component++) {
    const jpeg_scan_component *each = &scan->components[component];
    jpeg_plane *plane = &planes->planes[component];
    for (int down = 0; down < each->down; down++) {
      for (int across = 0; across < each->across; across++) {
        if (jpeg_scan_read(scan, component, reader, &dc[component], &block) != 0) return 0;
        size_t x = ((size_t)column * (size_t)each->across + (size_t)across) * DCTSIZE;
        size_t y = ((size_t)row * (size_t)each->down + (size_t)down) * DCTSIZE;
        invert_block(block.values, plane->samples + y * plane->stride + x, plane->stride);
      }
    }
  }
  return 1;
}

static int decode(const jpeg_scan *scan, unit_range range, jpeg_planes *planes) {
  jpeg_scan_reader reader = jpeg_scan_start(scan);
  int dc[JPEG_SCAN_COMPONENTS] = {0};
  for (uint32_t row = 0; row < scan->rows; row++) {
    for (uint32_t column = 0; column < scan->columns; column++) {
      if (row >= range.top && row < range.bottom && column >= range.left && column < range.right) {
        if (!decode_unit(scan, &reader, dc, planes, column - range.left, row - range.top)) return 0;
        continue;
      }
      for (int index = 0; index < scan->block_count; index++) {
        int component = scan->blocks[index];
        if (jpeg_scan_skip(scan, component, &reader, &dc[component]) != 0) return 0;
      }
    }
  }
  return jpeg_scan_is_complete(scan, &reader);
}

int jpeg_planes_decode(const jpeg_scan *scan, uint32_t image_width, uint32_t image_height, ci_rectangle rectangle,
                       jpeg_planes *planes) {
  unit_range range = range_for(scan, rectangle);
  if (make_planes(scan, image_width, image_height, range, planes) && decode(scan, range, planes)) return 1;
  jpeg_planes_free(planes);
  return 0;
}

void jpeg_planes_free(jpeg_planes *planes) {
  for (int index = 0; index < JPEG_SCAN_COMPONENTS; index++) free(planes->planes[index].samples);
  memset(planes, 0, sizeof *planes);
}

// The sums of three parts of a sample and one of its neighbour above or below, with their neighbours at both ends. Where
// a component is as high as the image they are the samples themselves.
PNG_VECTORISED static void sum_rows(
    uint16_t *sums, const uint8_t *near, const uint8_t *far, size_t count, unsigned weight) {
  for (size_t at = 0; at < count; at++) sums[at] = (uint16_t)(near[at] * weight + (far ? far[at] : 0));
}

// Spreads pairs of pixels out of sums, three parts of the nearer and one of the further; libjpeg rounds the two
// differently, so that errors do not add up.
PNG_VECTORISED static void spread(
    uint16_t *to, const uint16_t *sums, size_t count, unsigned left_round, unsigned right_round, unsigned shift) {
  for (size_t at = 0; at < count; at++) {
    to[2 * at] = (uint16_t)((sums[at + 1] * 3u + sums[at] + left_round) >> shift);
    to[2 * at + 1] = (uint16_t)((sums[at + 1] * 3u + sums[at + 2] + right_round) >> shift);
  }
}

// A row of a component that is half as wide as the image.
static void spread_row(
    const jpeg_plane *plane, int down, uint32_t left, uint32_t width, uint32_t y, uint16_t *scratch, uint8_t *to,
    size_t gap) {
  uint32_t row = y / (uint32_t)down, first = left / 2, last = (left + width - 1) / 2;
  uint32_t other = y % 2 ? (row + 1 < plane->height ? row + 1 : row) : (row > 0 ? row - 1 : row);
  const uint8_t *near = plane->samples + plane->stride * (row - plane->top);
  const uint8_t *far = down == 2 ? plane->samples + plane->stride * (other - plane->top) : NULL;
  size_t count = last - first + 1;
  uint16_t *sums = scratch, *pixels = scratch + count + 2;
  unsigned weight = far ? 3 : 1;
  sum_rows(sums + 1, near + (first - plane->left), far ? far + (first - plane->left) : NULL, count, weight);
  // Beyond the image's edges the last sample stands for its neighbour.
  uint32_t before = first > 0 ? first - 1 : first, after = last + 1 < plane->width ? last + 1 : last;
  sum_rows(sums, near + (before - plane->left), far ? far + (before - plane->left) : NULL, 1, weight);
  sum_rows(sums + count + 1, near + (after - plane->left), far ? far + (after - plane->left) : NULL, 1, weight);
  spread(pixels, sums, count, far ? 8 : 1, far ? 7 : 2, far ? 4 : 2);
  pixels += left % 2;
  for (uint32_t x = 0; x < width; x++) to[x * gap] = (uint8_t)pixels[x];
}

void jpeg_planes_row(
    const jpeg_planes *planes, uint32_t left, uint32_t width, uint32_t y, uint8_t *to, uint16_t *scratch) {
  size_t gap = (size_t)planes->count;
  for (int index = 0; index < planes->count; index++) {
    const jpeg_plane *plane = &planes->planes[index];
    if (planes->across[index] == 2) {
      spread_row(plane, planes->down[index], left, width, y, scratch, to + index, gap);
      continue;
    }
    const uint8_t *from = plane->samples + plane->stride * (y - plane->top) + (left - plane->left);
    for (uint32_t x = 0; x < width; x++) to[index + x * gap] = from[x];
  }
}
