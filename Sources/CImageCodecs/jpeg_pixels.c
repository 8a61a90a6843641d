// Checks JPEGs, and makes them of pixels.
#include <stdlib.h>
#include <string.h>

#include "jpeg_session.h"

typedef struct {
  const uint8_t *from;
  size_t count;
  size_t *trailing;
  uint8_t *line;
} check_job;

static void check(jpeg_session *session, void *context) {
  check_job *job = context;
  jpeg_session_open(session, job->from, job->count);
  j_decompress_ptr decoder = &session->decoder;
  // All coefficients are read at an eighth of the size, too, and only those show damage.
  decoder->scale_num = 1;
  decoder->scale_denom = 8;
  decoder->out_color_space = decoder->jpeg_color_space;
  jpeg_start_decompress(decoder);
  job->line = jpeg_session_allocate(session, decoder->output_width * (size_t)decoder->output_components);
  while (decoder->output_scanline < decoder->output_height) jpeg_read_scanlines(decoder, &job->line, 1);
  jpeg_finish_decompress(decoder);
  *job->trailing = decoder->src->bytes_in_buffer;
}

int ci_jpeg_check(const uint8_t *from, size_t count, size_t *trailing, ci_failure *failure) {
  check_job job = {from, count, trailing, NULL};
  int code = jpeg_session_run(failure, check, &job);
  free(job.line);
  return code;
}

typedef struct {
  const uint8_t *pixels;
  uint32_t width, height;
  int channels, quality;
  uint8_t **to;
  size_t *made;
} encode_job;

static void encode(jpeg_session *session, void *context) {
  encode_job *job = context;
  jpeg_session_create_encoder(session, 65536);
  session->encoder.image_width = job->width;
  session->encoder.image_height = job->height;
  session->encoder.input_components = job->channels;
  session->encoder.in_color_space = job->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&session->encoder);
  jpeg_set_quality(&session->encoder, job->quality, TRUE);
  session->encoder.optimize_coding = TRUE;
  jpeg_start_compress(&session->encoder, TRUE);
  while (session->encoder.next_scanline < job->height) {
    size_t offset = (size_t)session->encoder.next_scanline * job->width * (size_t)job->channels;
    JSAMPROW line = (JSAMPROW)(job->pixels + offset);
    jpeg_write_scanlines(&session->encoder, &line, 1);
  }
  jpeg_finish_compress(&session->encoder);
  jpeg_session_take(session, job->to, job->made);
}

int ci_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality, uint8_t **to, size_t *made,
    ci_failure *failure) {
  encode_job job = {pixels, width, height, channels, quality, to, made};
  return jpeg_session_run(failure, encode, &job);
}
