// The samples of a JPEG's components, each in its own size. Not public.
#ifndef JPEG_PLANES_H
#define JPEG_PLANES_H

#include "jpeg_scan.h"

typedef struct {
  // What must be freed, and where the samples are in it.
  uint8_t *memory, *samples;
  size_t stride;
  // In the component's samples: where these begin, and the component's size in the image.
  uint32_t left, top, width, height;
  // How many image pixels a sample is wide and high, 1 or 2.
  uint32_t across, down;
} jpeg_plane;

typedef struct {
  jpeg_plane planes[JPEG_SCAN_COMPONENTS];
  int count;
} jpeg_planes;

// Whether all components are of full or half size in each direction, so that planes can hold them.
int jpeg_planes_fit(const struct jpeg_decompress_struct *decoder);

enum {
  // Behind each row of decoded samples: room to repeat its last one up to a whole block.
  JPEG_PLANE_MARGIN = DCTSIZE,
};

// Decodes what a rectangle needs, and reads all the rest for its damage. Returns 0 when the scan is damaged or memory is
// short; then libjpeg must try.
int jpeg_planes_decode(jpeg_planes *planes, const jpeg_scan *scan, j_decompress_ptr decoder, ci_rectangle rectangle);
// Decodes everything with libjpeg. Ends the session on an error.
void jpeg_planes_read(jpeg_planes *planes, jpeg_session *session);

// Makes planes of the samples of a rectangle, turned for display, with rows that are repeated to the right up to whole
// blocks. Where the rectangle begins in the middle of a sample, samples become the means of neighbours: they move by half
// of their size, and no more is lost. Memory is taken over where samples can stay; `planes` is good for freeing only
// afterwards. Returns 0 when memory is short.
int jpeg_planes_cut(jpeg_planes *planes, ci_rectangle rectangle, ci_turning turn, jpeg_planes *cut);

void jpeg_planes_free(jpeg_planes *planes);

#endif
