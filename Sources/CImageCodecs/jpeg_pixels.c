// Decodes and encodes pixels of JPEGs.
#include <stdlib.h>
#include <string.h>

#include "jpeg_planes.h"

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
  uint16_t *scratch;
  jpeg_scan *scan;
  jpeg_planes planes;
} reencode_job;

static void note_components(const struct jpeg_decompress_struct *decoder, reencode_job *job) {
  for (int index = 0; index < decoder->num_components; index++) {
    job->components[index].identifier = decoder->comp_info[index].component_id;
    job->components[index].across = decoder->comp_info[index].h_samp_factor;
    job->components[index].down = decoder->comp_info[index].v_samp_factor;
  }
}

// The quick way, for images of the usual kind; returns whether it was gone to its end.
static int decode_quickly(jpeg_session *session, reencode_job *job) {
  j_decompress_ptr decoder = &session->decoder;
  job->scan = jpeg_scan_open(decoder);
  if (!job->scan) return 0;
  *job->trailing = job->scan->trailing;
  if (!jpeg_planes_decode(job->scan, decoder->image_width, decoder->image_height, job->rectangle, &job->planes)) {
    return 0;
  }
  // Its bits are read: room for what comes.
  jpeg_scan_close(job->scan);
  job->scan = NULL;
  job->scratch = jpeg_session_allocate(session, (job->rectangle.width + 4) * 2 * sizeof *job->scratch);
  return 1;
}

static void make_row(const reencode_job *job, uint32_t y, uint8_t *to) {
  jpeg_planes_row(&job->planes, job->rectangle.left, job->rectangle.width, job->rectangle.top + y, to, job->scratch);
}

// Reads the rows of a rectangle into memory, and all others for their damage only.
static void read_rectangle(jpeg_session *session, reencode_job *job) {
  j_decompress_ptr decoder = &session->decoder;
  ci_rectangle rectangle = job->rectangle;
  // The components as they are: no colour is converted, neither here nor when they are encoded again.
  decoder->out_color_space = decoder->jpeg_color_space;
  jpeg_start_decompress(decoder);
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
  encoder->input_components = decoder->num_components;
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

// Rows that are made one by one.
static void write_made_rows(j_compress_ptr encoder, reencode_job *job) {
  jpeg_start_compress(encoder, TRUE);
  while (encoder->next_scanline < encoder->image_height) {
    make_row(job, encoder->next_scanline, job->pixels);
    jpeg_write_scanlines(encoder, &job->pixels, 1);
  }
  jpeg_finish_compress(encoder);
}

static void reencode(jpeg_session *session, void *context) {
  reencode_job *job = context;
  ci_rectangle rectangle = job->rectangle;
  ci_turning turn = job->turn;
  jpeg_session_open(session, job->from, job->count);
  j_decompress_ptr decoder = &session->decoder;
  note_components(decoder, job);
  size_t channels = (size_t)decoder->num_components, row = rectangle.width * channels;
  int is_turned = turn.swaps || turn.flips_across || turn.flips_down;
  int is_quick = decode_quickly(session, job);
  if (!is_quick) read_rectangle(session, job);
  if (is_turned) {
    if (is_quick) {
      job->pixels = jpeg_session_allocate(session, row * rectangle.height);
      for (uint32_t y = 0; y < rectangle.height; y++) make_row(job, y, job->pixels + row * y);
    }
    job->turned = jpeg_session_allocate(session, row * rectangle.height);
    ci_turn(job->pixels, row, rectangle.width, rectangle.height, channels, turn, job->turned);
  } else if (is_quick) {
    job->pixels = jpeg_session_allocate(session, row);
  }
  jpeg_session_create_encoder(session);
  set_up_encoder(session, job);
  if (is_quick && !is_turned) {
    write_made_rows(&session->encoder, job);
  } else {
    write_rows(&session->encoder, is_turned ? job->turned : job->pixels);
  }
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
  free(job.scratch);
  jpeg_scan_close(job.scan);
  jpeg_planes_free(&job.planes);
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
