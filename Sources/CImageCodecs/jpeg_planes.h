// The pixels of a rectangle of a JPEG, decoded by jpeg_scan. Not public.
#ifndef JPEG_PLANES_H
#define JPEG_PLANES_H

#include "jpeg_scan.h"

// The samples of one component, from the unit at `left`, `top` of that component's own pixels on.
typedef struct {
  uint8_t *samples;
  size_t stride;
  // In the component's pixels: where the samples begin, and the component's size in the image.
  uint32_t left, top, width, height;
} jpeg_plane;

typedef struct {
  jpeg_plane planes[JPEG_SCAN_COMPONENTS];
  int count;
  // How many image pixels a component's pixel is wide and high, 1 or 2.
  int across[JPEG_SCAN_COMPONENTS], down[JPEG_SCAN_COMPONENTS];
} jpeg_planes;

// Decodes what a rectangle needs, and reads all the rest for its damage. Returns 0 when the scan is damaged, has more
// than twice as many samples of one component as of another, or memory is short; then libjpeg must try. The samples are
// those of libjpeg's accurate transform, bit for bit.
int jpeg_planes_decode(const jpeg_scan *scan, uint32_t image_width, uint32_t image_height, ci_rectangle rectangle,
                       jpeg_planes *planes);
void jpeg_planes_free(jpeg_planes *planes);

// One row of the rectangle's pixels, components side by side, each brought to full size as libjpeg does it. `scratch`
// has room for (width + 4) * 2 numbers of 16 bits.
void jpeg_planes_row(
    const jpeg_planes *planes, uint32_t left, uint32_t width, uint32_t y, uint8_t *to, uint16_t *scratch);

#endif
