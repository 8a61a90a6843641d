// Decodes JPEGs to planes.
#include <stdlib.h>
#include <string.h>

#include "jpeg_blocks.h"
#include "jpeg_planes.h"

// Which units are decoded: those with pixels of the rectangle.
typedef struct {
  uint32_t left, right, top, bottom;
} unit_range;

static unit_range range_for(const jpeg_scan *scan, ci_rectangle rectangle) {
  return (unit_range){
      rectangle.left / scan->unit_width,
      (rectangle.left + rectangle.width + scan->unit_width - 1) / scan->unit_width,
      rectangle.top / scan->unit_height,
      (rectangle.top + rectangle.height + scan->unit_height - 1) / scan->unit_height,
  };
}

// Planes for some units of an image; returns 0 when memory is short.
static int make_planes(jpeg_planes *planes, j_decompress_ptr decoder, unit_range range) {
  memset(planes, 0, sizeof *planes);
  planes->count = decoder->num_components;
  uint32_t most_across = (uint32_t)decoder->max_h_samp_factor, most_down = (uint32_t)decoder->max_v_samp_factor;
  for (int index = 0; index < planes->count; index++) {
    const jpeg_component_info *each = &decoder->comp_info[index];
    jpeg_plane *plane = &planes->planes[index];
    plane->across = most_across / (uint32_t)each->h_samp_factor;
    plane->down = most_down / (uint32_t)each->v_samp_factor;
    // A single component has one block to a unit, whatever its factors say.
    uint32_t across = planes->count == 1 ? 1 : (uint32_t)each->h_samp_factor;
    uint32_t down = planes->count == 1 ? 1 : (uint32_t)each->v_samp_factor;
    plane->left = range.left * across * DCTSIZE;
    plane->top = range.top * down * DCTSIZE;
    plane->width = (decoder->image_width + plane->across - 1) / plane->across;
    plane->height = (decoder->image_height + plane->down - 1) / plane->down;
    plane->stride = (size_t)(range.right - range.left) * across * DCTSIZE + JPEG_PLANE_MARGIN;
    plane->memory = plane->samples = malloc(plane->stride * (range.bottom - range.top) * down * DCTSIZE);
    if (!plane->memory) return 0;
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
        jpeg_block_invert(block.values, plane->samples + y * plane->stride + x, plane->stride);
      }
    }
  }
  return 1;
}

static int decode_units(const jpeg_scan *scan, unit_range range, jpeg_planes *planes) {
  jpeg_scan_reader reader = jpeg_scan_start(scan);
  int dc[JPEG_SCAN_COMPONENTS] = {0};
  for (uint32_t row = 0; row < scan->rows; row++) {
    int is_within = row >= range.top && row < range.bottom;
    for (uint32_t column = 0; column < scan->columns; column++) {
      if (is_within && column >= range.left && column < range.right) {
        if (!decode_unit(scan, &reader, dc, planes, column - range.left, row - range.top)) return 0;
      } else if (jpeg_scan_skip_unit(scan, &reader, dc) != 0) {
        return 0;
      }
    }
  }
  return jpeg_scan_is_complete(scan, &reader);
}

int jpeg_planes_decode(jpeg_planes *planes, const jpeg_scan *scan, j_decompress_ptr decoder, ci_rectangle rectangle) {
  unit_range range = range_for(scan, rectangle);
  if (make_planes(planes, decoder, range) && decode_units(scan, range, planes)) return 1;
  jpeg_planes_free(planes);
  return 0;
}

void jpeg_planes_read(jpeg_planes *planes, jpeg_session *session) {
  j_decompress_ptr decoder = &session->decoder;
  decoder->out_color_space = decoder->jpeg_color_space;
  decoder->raw_data_out = TRUE;
  jpeg_start_decompress(decoder);
  int is_single = decoder->num_components == 1;
  uint32_t wide = DCTSIZE * (is_single ? 1u : (uint32_t)decoder->max_h_samp_factor);
  uint32_t high = DCTSIZE * (is_single ? 1u : (uint32_t)decoder->max_v_samp_factor);
  // libjpeg fills whole units of as many lines as the largest factor asks for, also for a single component.
  uint32_t lines = DCTSIZE * (uint32_t)decoder->max_v_samp_factor;
  uint32_t rounded = (decoder->image_height + lines - 1) / lines * lines;
  unit_range all = {0, (decoder->image_width + wide - 1) / wide, 0, rounded / high};
  if (!make_planes(planes, decoder, all)) jpeg_session_fail(session, CI_MEMORY, "out of memory");
  JSAMPROW rows[JPEG_SCAN_COMPONENTS][4 * DCTSIZE];
  JSAMPARRAY arrays[JPEG_SCAN_COMPONENTS];
  while (decoder->output_scanline < decoder->output_height) {
    for (int index = 0; index < planes->count; index++) {
      const jpeg_plane *plane = &planes->planes[index];
      arrays[index] = rows[index];
      size_t first = decoder->output_scanline / plane->down;
      for (size_t line = 0; line < lines / plane->down; line++) {
        rows[index][line] = plane->samples + plane->stride * (first + line);
      }
    }
    jpeg_read_raw_data(decoder, arrays, lines);
  }
}
