// JPEGs decoded at a quarter or an eighth of their size. Not public.
#ifndef JPEG_SMALL_H
#define JPEG_SMALL_H

#include "jpeg_scan.h"

// One component, 1 / `by` as wide and high as it is stored, rounded up to whole blocks.
typedef struct {
  uint8_t *samples;
  size_t stride;
  // How many pixels of the small image a sample is wide and high.
  uint32_t across, down;
} jpeg_small_plane;

typedef struct {
  jpeg_small_plane planes[3];
  int count;
  uint32_t width, height;
} jpeg_small;

// Decodes an image of one or three components, each sample the mean of the `by` × `by` ones that it stands for (4 or 8).
// Returns 0 when the scan is damaged, has other components, or memory is short; then libjpeg must try.
int jpeg_small_decode(jpeg_small *small, const jpeg_scan *scan, j_decompress_ptr decoder, uint32_t by);
void jpeg_small_free(jpeg_small *small);

// One row as red, green and blue; `is_rgb` when the components are these, else they are luma and two differences.
void jpeg_small_row(const jpeg_small *small, int is_rgb, uint32_t y, uint8_t *to);

#endif
