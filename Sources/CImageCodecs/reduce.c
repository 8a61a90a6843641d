// Shrinks by area averaging in whole numbers: the result does not depend on the processor.
#include "reduce.h"

#include <stdlib.h>
#include <string.h>

#include "png_rows.h"

// 255 × this many rows fit in 16 bits.
enum { MOST_WHOLE_ROWS = 257 };

void area_reducer_size(size_t width, size_t height, size_t longest, size_t *out_width, size_t *out_height) {
  size_t side = width > height ? width : height;
  if (side <= longest) {
    *out_width = width;
    *out_height = height;
    return;
  }
  *out_width = (width * longest + side / 2) / side;
  *out_height = (height * longest + side / 2) / side;
  if (*out_width == 0) *out_width = 1;
  if (*out_height == 0) *out_height = 1;
}

int area_reducer_begin(
    area_reducer *reducer, size_t width, size_t height, size_t out_width, size_t out_height, size_t channels) {
  memset(reducer, 0, sizeof *reducer);
  reducer->width = width;
  reducer->height = height;
  reducer->out_width = out_width;
  reducer->out_height = out_height;
  reducer->channels = channels;
  reducer->sums = calloc(width * channels, sizeof *reducer->sums);
  reducer->whole = calloc(width * channels, sizeof *reducer->whole);
  reducer->pixels = malloc(out_width * out_height * channels);
  return reducer->sums && reducer->whole && reducer->pixels ? 0 : -1;
}

PNG_VECTORISED static void add_whole(uint16_t *sums, const uint8_t *row, size_t count) {
  for (size_t at = 0; at < count; at++) sums[at] = (uint16_t)(sums[at] + row[at]);
}

PNG_VECTORISED static void add_weighed(uint32_t *sums, const uint8_t *row, size_t count, uint32_t weight) {
  for (size_t at = 0; at < count; at++) sums[at] += row[at] * weight;
}

PNG_VECTORISED static void add_sums(uint32_t *sums, uint16_t *whole, size_t count, uint32_t weight) {
  for (size_t at = 0; at < count; at++) {
    sums[at] += whole[at] * weight;
    whole[at] = 0;
  }
}

static void settle_whole(area_reducer *reducer) {
  if (reducer->whole_count == 0) return;
  add_sums(reducer->sums, reducer->whole, reducer->width * reducer->channels, (uint32_t)reducer->out_height);
  reducer->whole_count = 0;
}

// Averages the sums across, which makes a row of the result. A source column is `out_width` units wide, a result
// column `width`.
static void finish_row(area_reducer *reducer) {
  settle_whole(reducer);
  size_t channels = reducer->channels, width = reducer->width, out_width = reducer->out_width;
  uint64_t area = (uint64_t)width * reducer->height;
  uint8_t *to = reducer->pixels + reducer->out_row * out_width * channels;
  size_t column = 0, used = 0;
  for (size_t x = 0; x < out_width; x++, to += channels) {
    uint64_t totals[4] = {0};
    for (size_t left = width; left > 0;) {
      size_t weight = out_width - used < left ? out_width - used : left;
      for (size_t channel = 0; channel < channels; channel++) {
        totals[channel] += (uint64_t)reducer->sums[column * channels + channel] * weight;
      }
      left -= weight;
      used += weight;
      if (used == out_width) {
        used = 0;
        column++;
      }
    }
    for (size_t channel = 0; channel < channels; channel++) to[channel] = (uint8_t)((totals[channel] + area / 2) / area);
  }
  memset(reducer->sums, 0, width * channels * sizeof *reducer->sums);
  reducer->out_row++;
}

void area_reducer_add(area_reducer *reducer, const uint8_t *row) {
  size_t count = reducer->width * reducer->channels, height = reducer->height, out_height = reducer->out_height;
  // A source row is `out_height` units high, a result row `height`.
  size_t start = reducer->row * out_height, end = start + out_height;
  reducer->row++;
  if (out_height == height && reducer->out_width == reducer->width) {
    // The mean of one pixel is the pixel.
    if (reducer->out_row < out_height) memcpy(reducer->pixels + reducer->out_row++ * count, row, count);
    return;
  }
  while (start < end && reducer->out_row < out_height) {
    size_t limit = (reducer->out_row + 1) * height;
    size_t stop = end < limit ? end : limit;
    if (stop - start == out_height) {
      if (reducer->whole_count == MOST_WHOLE_ROWS) settle_whole(reducer);
      add_whole(reducer->whole, row, count);
      reducer->whole_count++;
    } else {
      add_weighed(reducer->sums, row, count, (uint32_t)(stop - start));
    }
    start = stop;
    if (stop == limit) finish_row(reducer);
  }
}

void area_reducer_end(area_reducer *reducer) {
  free(reducer->sums);
  free(reducer->whole);
  free(reducer->pixels);
  memset(reducer, 0, sizeof *reducer);
}
