// Cuts a rectangle out of a JPEG by decoding and encoding it, without a change of colours or of their resolution.
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
  jpeg_scan *scan;
  jpeg_planes planes, cut;
} reencode_job;

static void note_components(const struct jpeg_decompress_struct *decoder, reencode_job *job) {
  for (int index = 0; index < decoder->num_components; index++) {
    job->components[index].identifier = decoder->comp_info[index].component_id;
    job->components[index].across = decoder->comp_info[index].h_samp_factor;
    job->components[index].down = decoder->comp_info[index].v_samp_factor;
  }
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

// MARK: In planes

// Decodes the components in their own sizes, the quick way where the image is of the usual kind.
static void make_planes(jpeg_session *session, reencode_job *job) {
  j_decompress_ptr decoder = &session->decoder;
  job->scan = jpeg_scan_open(decoder);
  if (job->scan && jpeg_planes_decode(&job->planes, job->scan, decoder, job->rectangle)) {
    *job->trailing = job->scan->trailing;
  } else {
    jpeg_planes_read(&job->planes, session);
    jpeg_finish_decompress(decoder);
    *job->trailing = decoder->src->bytes_in_buffer;
  }
  jpeg_scan_close(job->scan);
  job->scan = NULL;
  if (!jpeg_planes_cut(&job->planes, job->rectangle, job->turn, &job->cut)) {
    jpeg_session_fail(session, CI_MEMORY, "out of memory");
  }
  jpeg_planes_free(&job->planes);
}

static void write_planes(j_compress_ptr encoder, const jpeg_planes *planes) {
  encoder->raw_data_in = TRUE;
  jpeg_start_compress(encoder, TRUE);
  uint32_t lines = DCTSIZE * (uint32_t)encoder->max_v_samp_factor;
  JSAMPROW rows[JPEG_SCAN_COMPONENTS][4 * DCTSIZE];
  JSAMPARRAY arrays[JPEG_SCAN_COMPONENTS];
  while (encoder->next_scanline < encoder->image_height) {
    for (int index = 0; index < planes->count; index++) {
      const jpeg_plane *plane = &planes->planes[index];
      arrays[index] = rows[index];
      size_t first = encoder->next_scanline / plane->down;
      for (size_t line = 0; line < lines / plane->down; line++) {
        // Below the image its last row goes on.
        size_t y = first + line < plane->height ? first + line : plane->height - 1;
        rows[index][line] = plane->samples + plane->stride * y;
      }
    }
    jpeg_write_raw_data(encoder, arrays, lines);
  }
  jpeg_finish_compress(encoder);
}

// MARK: In pixels

// Reads the rows of a rectangle into memory, and all others for their damage only.
static void read_pixels(jpeg_session *session, reencode_job *job) {
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
  job->turned = jpeg_session_allocate(session, kept * rectangle.height);
  ci_turn(job->pixels, kept, rectangle.width, rectangle.height, channels, job->turn, job->turned);
}

static void write_pixels(j_compress_ptr encoder, const uint8_t *pixels) {
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
  jpeg_session_open(session, job->from, job->count);
  note_components(&session->decoder, job);
  int has_planes = jpeg_planes_fit(&session->decoder);
  if (has_planes) {
    make_planes(session, job);
  } else {
    read_pixels(session, job);
  }
  // As many bytes to a pixel as in the source, and half of that for a higher quality.
  double part = (double)job->rectangle.width * job->rectangle.height /
                ((double)session->decoder.image_width * session->decoder.image_height);
  jpeg_session_create_encoder(session, (size_t)(1.5 * part * (double)job->count) + 65536);
  set_up_encoder(session, job);
  if (has_planes) {
    write_planes(&session->encoder, &job->cut);
  } else {
    write_pixels(&session->encoder, job->turned);
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
  jpeg_scan_close(job.scan);
  jpeg_planes_free(&job.planes);
  jpeg_planes_free(&job.cut);
  return code;
}
