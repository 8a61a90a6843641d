// Decodes and encodes pixels of JPEGs.
#include <stdlib.h>
#include <string.h>

#include "jpeg_session.h"

typedef struct {
  const uint8_t *from;
  size_t count;
  ci_rectangle rectangle;
  ci_turning turn;
  int quality;
  uint8_t **to;
  size_t *made, *trailing;
  // What the encoder needs to know of the source's components: the decoder forgets them when it has finished.
  struct {
    int identifier, across, down;
  } components[MAX_COMPONENTS];
  // What the job allocates.
  uint8_t *pixels, *turned;
} reencode_job;

// Reads the rows of a rectangle into memory, and all others for their damage only.
static void read_rectangle(jpeg_session *session, reencode_job *job) {
  j_decompress_ptr decoder = &session->decoder;
  ci_rectangle rectangle = job->rectangle;
  // The components as they are: no colour is converted, neither here nor when they are encoded again.
  decoder->out_color_space = decoder->jpeg_color_space;
  jpeg_start_decompress(decoder);
  for (int index = 0; index < decoder->num_components; index++) {
    job->components[index].identifier = decoder->comp_info[index].component_id;
    job->components[index].across = decoder->comp_info[index].h_samp_factor;
    job->components[index].down = decoder->comp_info[index].v_samp_factor;
  }
  size_t channels = (size_t)decoder->output_components, row = decoder->output_width * channels;
  size_t kept = rectangle.width * channels, offset = rectangle.left * channels;
  job->pixels = jpeg_session_allocate(session, kept * rectangle.height + row);
  uint8_t *line = job->pixels + kept * rectangle.height;
  while (decoder->output_scanline < decoder->output_height) {
    JDIMENSION y = decoder->output_scanline;
    jpeg_read_scanlines(decoder, &line, 1);
    if (y >= rectangle.top && y - rectangle.top < rectangle.height) {
      memcpy(job->pixels + kept * (y - rectangle.top), line + offset, kept);
    }
  }
  jpeg_finish_decompress(decoder);
  *job->trailing = decoder->src->bytes_in_buffer;
}

static void set_up_encoder(jpeg_session *session, const reencode_job *job) {
  j_decompress_ptr decoder = &session->decoder;
  j_compress_ptr encoder = &session->encoder;
  ci_turning turn = job->turn;
  encoder->image_width = turn.swaps ? job->rectangle.height : job->rectangle.width;
  encoder->image_height = turn.swaps ? job->rectangle.width : job->rectangle.height;
  encoder->input_components = decoder->output_components;
  encoder->in_color_space = decoder->jpeg_color_space;
  jpeg_set_defaults(encoder);
  jpeg_set_colorspace(encoder, decoder->jpeg_color_space);
  jpeg_set_quality(encoder, job->quality, TRUE);
  encoder->write_JFIF_header = FALSE;
  encoder->write_Adobe_marker = FALSE;
  for (int index = 0; index < encoder->num_components; index++) {
    jpeg_component_info *to = &encoder->comp_info[index];
    int is_single = encoder->num_components == 1;
    int across = job->components[index].across, down = job->components[index].down;
    to->component_id = job->components[index].identifier;
    to->h_samp_factor = is_single ? 1 : turn.swaps ? down : across;
    to->v_samp_factor = is_single ? 1 : turn.swaps ? across : down;
  }
}

static void write_rows(j_compress_ptr encoder, const uint8_t *pixels) {
  size_t row = encoder->image_width * (size_t)encoder->input_components;
  jpeg_start_compress(encoder, TRUE);
  while (encoder->next_scanline < encoder->image_height) {
    JSAMPROW line = (JSAMPROW)(pixels + row * encoder->next_scanline);
    jpeg_write_scanlines(encoder, &line, 1);
  }
  jpeg_finish_compress(encoder);
}

static void reencode(jpeg_session *session, void *context) {
  reencode_job *job = context;
  ci_rectangle rectangle = job->rectangle;
  ci_turning turn = job->turn;
  jpeg_session_open(session, job->from, job->count);
  read_rectangle(session, job);
  size_t channels = (size_t)session->decoder.output_components;
  int is_turned = turn.swaps || turn.flips_across || turn.flips_down;
  if (is_turned) {
    job->turned = jpeg_session_allocate(session, channels * rectangle.width * rectangle.height);
    ci_turn(
        job->pixels, channels * rectangle.width, rectangle.width, rectangle.height, channels, turn, job->turned);
  }
  jpeg_session_create_encoder(session);
  set_up_encoder(session, job);
  write_rows(&session->encoder, is_turned ? job->turned : job->pixels);
  jpeg_session_take(session, job->to, job->made);
}

int ci_jpeg_reencode(
    const uint8_t *from, size_t count, ci_rectangle rectangle, ci_turning turn, int quality, uint8_t **to, size_t *made,
    size_t *trailing, ci_failure *failure) {
  reencode_job job = {
      .from = from,
      .count = count,
      .rectangle = rectangle,
      .turn = turn,
      .quality = quality,
      .to = to,
      .made = made,
      .trailing = trailing,
  };
  int code = jpeg_session_run(failure, reencode, &job);
  free(job.pixels);
  free(job.turned);
  return code;
}

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
  jpeg_session_create_encoder(session);
  session->encoder.image_width = job->width;
  session->encoder.image_height = job->height;
  session->encoder.input_components = job->channels;
  session->encoder.in_color_space = job->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&session->encoder);
  jpeg_set_quality(&session->encoder, job->quality, TRUE);
  session->encoder.optimize_coding = TRUE;
  write_rows(&session->encoder, job->pixels);
  jpeg_session_take(session, job->to, job->made);
}

int ci_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality, uint8_t **to, size_t *made,
    ci_failure *failure) {
  encode_job job = {pixels, width, height, channels, quality, to, made};
  return jpeg_session_run(failure, encode, &job);
}
