// Shrinks the pixels of a PNG: rows become red, green and blue, with alpha where there is one.
#include <stdlib.h>
#include <string.h>

#include "CImageCodecs.h"
#include "png_rows.h"
#include "reduce.h"

static inline unsigned sample_of(const uint8_t *row, size_t index, unsigned depth) {
  if (depth == 16) return (unsigned)row[index * 2] << 8 | row[index * 2 + 1];
  if (depth == 8) return row[index];
  size_t bit = index * depth;
  return row[bit >> 3] >> (8 - depth - (bit & 7)) & ((1u << depth) - 1);
}

static inline uint8_t to_byte(unsigned sample, unsigned depth) {
  unsigned most = (1u << depth) - 1;
  return (uint8_t)((sample * 255 + most / 2) / most);
}

static inline uint8_t times(unsigned value, unsigned alpha) { return (uint8_t)((value * alpha + 127) / 255); }

// Writes one row as 3 channels, or as 4 whose colours are already multiplied by alpha.
static void expand_row(const ci_png_layout *layout, const uint8_t *row, size_t width, uint8_t *to) {
  unsigned depth = layout->depth, samples = layout->samples;
  size_t channels = layout->has_alpha ? 4 : 3;
  for (size_t x = 0; x < width; x++, to += channels) {
    unsigned raw[4] = {0};
    for (unsigned index = 0; index < samples; index++) raw[index] = sample_of(row, x * samples + index, depth);
    unsigned alpha = 255;
    if (layout->colours) {
      const uint8_t *colour = layout->colours + 4 * raw[0];
      memcpy(to, colour, 3);
      alpha = colour[3];
    } else {
      unsigned is_grey = samples < 3;
      for (unsigned index = 0; index < 3; index++) to[index] = to_byte(raw[is_grey ? 0 : index], depth);
      if (samples == 2 || samples == 4) alpha = to_byte(raw[samples - 1], depth);
      if (layout->has_key && raw[0] == layout->key[0] &&
          (is_grey || (raw[1] == layout->key[1] && raw[2] == layout->key[2]))) {
        alpha = 0;
      }
    }
    if (channels == 4) {
      for (unsigned index = 0; index < 3; index++) to[index] = times(to[index], alpha);
      to[3] = (uint8_t)alpha;
    }
  }
}

int ci_png_reduce(
    const uint8_t *rows, size_t stride, size_t width, size_t height, const ci_png_layout *layout, size_t longest,
    ci_raster *raster) {
  size_t channels = layout->has_alpha ? 4 : 3, out_width, out_height;
  area_reducer_size(width, height, longest, &out_width, &out_height);
  area_reducer reducer;
  uint8_t *line = malloc(width * channels);
  if (area_reducer_begin(&reducer, width, height, out_width, out_height, channels) != 0 || !line) {
    free(line);
    area_reducer_end(&reducer);
    return CI_MEMORY;
  }
  int is_direct = layout->depth == 8 && layout->samples == 3 && !layout->has_alpha && !layout->colours;
  for (size_t y = 0; y < height; y++) {
    const uint8_t *row = rows + y * stride + 1;
    if (!is_direct) expand_row(layout, row, width, line);
    area_reducer_add(&reducer, is_direct ? row : line);
  }
  free(line);
  *raster = (ci_raster){reducer.pixels, out_width, out_height, channels};
  reducer.pixels = NULL;
  area_reducer_end(&reducer);
  return CI_OK;
}
