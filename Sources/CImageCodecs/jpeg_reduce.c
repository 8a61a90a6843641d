// Shrinks a JPEG, most of the way while it is decoded.
#include <stdlib.h>
#include <string.h>

#include "jpeg_small.h"
#include "reduce.h"

// The most that decoding can shrink by (1, 2, 4 or 8) and leave the longest side as asked for.
static unsigned reduction(const struct jpeg_decompress_struct *decoder, size_t longest) {
  size_t side = decoder->image_width > decoder->image_height ? decoder->image_width : decoder->image_height;
  unsigned by = 8;
  while (by > 1 && (side + by - 1) / by < longest) by /= 2;
  return by;
}

// Cyan, magenta, yellow and black become red, green and blue without a profile: good enough to recognise a picture.
// Adobe's programs store them inverted, and all others follow.
static void convert_inks(uint8_t *to, const uint8_t *from, size_t width, int is_inverted) {
  for (size_t x = 0; x < width; x++, from += 4) {
    unsigned black = is_inverted ? from[3] : 255 - from[3];
    for (int index = 0; index < 3; index++) {
      unsigned ink = is_inverted ? from[index] : 255 - from[index];
      *to++ = (uint8_t)((ink * black + 127) / 255);
    }
  }
}

typedef struct {
  const uint8_t *from;
  size_t count, longest;
  ci_raster *raster;
  size_t *trailing;
  // What the job allocates.
  area_reducer reducer;
  uint8_t *line;
  jpeg_scan *scan;
  jpeg_small small;
} reduce_job;

static void begin_reducer(jpeg_session *session, reduce_job *job, size_t width, size_t height) {
  size_t out_width, out_height;
  area_reducer_size(width, height, job->longest, &out_width, &out_height);
  if (area_reducer_begin(&job->reducer, width, height, out_width, out_height, 3) != 0) {
    jpeg_session_fail(session, CI_MEMORY, "out of memory");
  }
}

static void take_raster(reduce_job *job) {
  *job->raster = (ci_raster){job->reducer.pixels, job->reducer.out_width, job->reducer.out_height, 3};
  job->reducer.pixels = NULL;
}

// The quick way, for large images of the usual kind; returns whether it was gone to its end.
static int reduce_quickly(jpeg_session *session, reduce_job *job, unsigned by) {
  j_decompress_ptr decoder = &session->decoder;
  J_COLOR_SPACE colours = decoder->jpeg_color_space;
  if (by < 4 || (colours != JCS_YCbCr && colours != JCS_GRAYSCALE && colours != JCS_RGB)) return 0;
  job->scan = jpeg_scan_open(decoder);
  if (!job->scan || !jpeg_small_decode(&job->small, job->scan, decoder, by)) return 0;
  *job->trailing = job->scan->trailing;
  begin_reducer(session, job, job->small.width, job->small.height);
  job->line = jpeg_session_allocate(session, (size_t)job->small.width * 3);
  for (uint32_t y = 0; y < job->small.height; y++) {
    jpeg_small_row(&job->small, colours == JCS_RGB, y, job->line);
    area_reducer_add(&job->reducer, job->line);
  }
  take_raster(job);
  return 1;
}

static void reduce(jpeg_session *session, void *context) {
  reduce_job *job = context;
  jpeg_session_open(session, job->from, job->count);
  j_decompress_ptr decoder = &session->decoder;
  int has_inks = decoder->num_components == 4;
  decoder->scale_num = 1;
  decoder->scale_denom = reduction(decoder, job->longest);
  if (reduce_quickly(session, job, decoder->scale_denom)) return;
  decoder->out_color_space = has_inks ? JCS_CMYK : JCS_RGB;
  // What fancy upsampling adds is averaged away.
  decoder->do_fancy_upsampling = decoder->scale_denom == 1;
  jpeg_start_decompress(decoder);
  size_t width = decoder->output_width;
  begin_reducer(session, job, width, decoder->output_height);
  job->line = jpeg_session_allocate(session, width * 7);
  uint8_t *converted = job->line + width * 4;
  while (decoder->output_scanline < decoder->output_height) {
    jpeg_read_scanlines(decoder, &job->line, 1);
    if (has_inks) convert_inks(converted, job->line, width, decoder->saw_Adobe_marker);
    area_reducer_add(&job->reducer, has_inks ? converted : job->line);
  }
  jpeg_finish_decompress(decoder);
  *job->trailing = decoder->src->bytes_in_buffer;
  take_raster(job);
}

int ci_jpeg_reduce(
    const uint8_t *from, size_t count, size_t longest, ci_raster *raster, size_t *trailing, ci_failure *failure) {
  reduce_job job = {.from = from, .count = count, .longest = longest, .raster = raster, .trailing = trailing};
  int code = jpeg_session_run(failure, reduce, &job);
  area_reducer_end(&job.reducer);
  free(job.line);
  jpeg_scan_close(job.scan);
  jpeg_small_free(&job.small);
  return code;
}
