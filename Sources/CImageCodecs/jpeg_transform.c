// Cuts a rectangle out of a JPEG by moving blocks of coefficients.
#include <stdlib.h>
#include <string.h>

#include "jpeg_scan.h"

typedef struct {
  // The first and the last block of the rectangle in each direction, in blocks of one component.
  JDIMENSION first_column, last_column, first_row, last_row;
  ci_turning turn;
} block_range;

// One block turned: transposing swaps the frequencies, mirroring changes the sign of the odd ones.
static void turn_block(JCOEF *to, const JCOEF *from, ci_turning turn) {
  for (int down = 0; down < DCTSIZE; down++) {
    for (int across = 0; across < DCTSIZE; across++) {
      int value = turn.swaps ? from[across * DCTSIZE + down] : from[down * DCTSIZE + across];
      int is_odd = (turn.flips_across & across & 1) ^ (turn.flips_down & down & 1);
      to[down * DCTSIZE + across] = (JCOEF)(is_odd ? -value : value);
    }
  }
}

static void move_row(
    jpeg_session *session, jvirt_barray_ptr source, JBLOCKROW to, JDIMENSION columns, JDIMENSION row,
    const block_range *range) {
  j_decompress_ptr decoder = &session->decoder;
  const ci_turning turn = range->turn;
  if (!turn.swaps) {
    JDIMENSION from_row = turn.flips_down ? range->last_row - row : range->first_row + row;
    JBLOCKROW from = decoder->mem->access_virt_barray((j_common_ptr)decoder, source, from_row, 1, FALSE)[0];
    if (!turn.flips_across && !turn.flips_down) {
      memcpy(to, from + range->first_column, columns * sizeof(JBLOCK));
      return;
    }
    for (JDIMENSION column = 0; column < columns; column++) {
      JDIMENSION at = turn.flips_across ? range->last_column - column : range->first_column + column;
      turn_block(to[column], from[at], turn);
    }
    return;
  }
  // A displayed row is a stored column.
  JDIMENSION at = turn.flips_down ? range->last_column - row : range->first_column + row;
  for (JDIMENSION column = 0; column < columns; column++) {
    JDIMENSION from_row = turn.flips_across ? range->last_row - column : range->first_row + column;
    JBLOCKROW from = decoder->mem->access_virt_barray((j_common_ptr)decoder, source, from_row, 1, FALSE)[0];
    turn_block(to[column], from[at], turn);
  }
}

// Whether blocks of the crop are blocks of the source: the edge that comes first when displayed is on a boundary.
static int is_aligned(uint32_t start, uint32_t size, uint32_t unit, int is_flipped) {
  return (is_flipped ? start + size : start) % unit == 0;
}

static void transpose_tables(j_compress_ptr encoder) {
  for (int index = 0; index < NUM_QUANT_TBLS; index++) {
    JQUANT_TBL *table = encoder->quant_tbl_ptrs[index];
    if (!table) continue;
    for (int down = 0; down < DCTSIZE; down++) {
      for (int across = 0; across < down; across++) {
        UINT16 value = table->quantval[down * DCTSIZE + across];
        table->quantval[down * DCTSIZE + across] = table->quantval[across * DCTSIZE + down];
        table->quantval[across * DCTSIZE + down] = value;
      }
    }
  }
}

static void set_up_encoder(jpeg_session *session, ci_rectangle rectangle, ci_turning turn) {
  j_decompress_ptr decoder = &session->decoder;
  j_compress_ptr encoder = &session->encoder;
  jpeg_copy_critical_parameters(decoder, encoder);
  encoder->image_width = turn.swaps ? rectangle.height : rectangle.width;
  encoder->image_height = turn.swaps ? rectangle.width : rectangle.height;
  encoder->write_JFIF_header = FALSE;
  encoder->write_Adobe_marker = FALSE;
  encoder->optimize_coding = TRUE;
  if (turn.swaps) transpose_tables(encoder);
  for (int index = 0; index < encoder->num_components; index++) {
    jpeg_component_info *component = &encoder->comp_info[index];
    int across = component->h_samp_factor, down = component->v_samp_factor;
    component->h_samp_factor = encoder->num_components == 1 ? 1 : turn.swaps ? down : across;
    component->v_samp_factor = encoder->num_components == 1 ? 1 : turn.swaps ? across : down;
  }
}

// Moves all blocks of all components to new arrays of the encoder.
static void move_blocks(
    jpeg_session *session, jvirt_barray_ptr *sources, jvirt_barray_ptr *targets, ci_rectangle rectangle,
    ci_turning turn) {
  j_decompress_ptr decoder = &session->decoder;
  j_compress_ptr encoder = &session->encoder;
  int is_single = decoder->num_components == 1;
  int most_across = 1, most_down = 1;
  for (int index = 0; index < encoder->num_components; index++) {
    if (encoder->comp_info[index].h_samp_factor > most_across) most_across = encoder->comp_info[index].h_samp_factor;
    if (encoder->comp_info[index].v_samp_factor > most_down) most_down = encoder->comp_info[index].v_samp_factor;
  }
  JDIMENSION columns[MAX_COMPONENTS], rows[MAX_COMPONENTS];
  for (int index = 0; index < encoder->num_components; index++) {
    JDIMENSION across = (JDIMENSION)encoder->comp_info[index].h_samp_factor;
    JDIMENSION down = (JDIMENSION)encoder->comp_info[index].v_samp_factor;
    JDIMENSION wide = (JDIMENSION)most_across * DCTSIZE, high = (JDIMENSION)most_down * DCTSIZE;
    columns[index] = (encoder->image_width * across + wide - 1) / wide;
    rows[index] = (encoder->image_height * down + high - 1) / high;
    targets[index] = encoder->mem->request_virt_barray(
        (j_common_ptr)encoder, JPOOL_IMAGE, TRUE, (columns[index] + across - 1) / across * across,
        (rows[index] + down - 1) / down * down, down);
  }
  encoder->mem->realize_virt_arrays((j_common_ptr)encoder);
  for (int index = 0; index < encoder->num_components; index++) {
    jpeg_component_info *component = &decoder->comp_info[index];
    // A single component has blocks of 8 × 8 pixels, whatever its factors say.
    uint32_t across = is_single ? 1 : (uint32_t)component->h_samp_factor;
    uint32_t down = is_single ? 1 : (uint32_t)component->v_samp_factor;
    uint32_t wide = DCTSIZE * (is_single ? 1 : (uint32_t)decoder->max_h_samp_factor);
    uint32_t high = DCTSIZE * (is_single ? 1 : (uint32_t)decoder->max_v_samp_factor);
    block_range range = {
        rectangle.left / wide * across, (rectangle.left + rectangle.width) / wide * across - 1,
        rectangle.top / high * down, (rectangle.top + rectangle.height) / high * down - 1, turn};
    for (JDIMENSION row = 0; row < rows[index]; row++) {
      JBLOCKROW to = encoder->mem->access_virt_barray((j_common_ptr)encoder, targets[index], row, 1, TRUE)[0];
      move_row(session, sources[index], to, columns[index], row, &range);
    }
  }
}

typedef struct {
  const uint8_t *from;
  size_t count;
  ci_rectangle rectangle;
  ci_turning turn;
  uint8_t **to;
  size_t *made, *trailing;
  int *done;
} transform_job;

// The quick way, for upright images of the usual kind; returns whether it was gone to its end.
static int cut_bits(j_decompress_ptr decoder, const transform_job *job) {
  if (job->turn.swaps || job->turn.flips_across || job->turn.flips_down) return 0;
  jpeg_scan *scan = jpeg_scan_open(decoder);
  if (!scan) return 0;
  size_t header = job->count - decoder->src->bytes_in_buffer;
  *job->done = jpeg_scan_cut(scan, job->from, header, job->rectangle, job->to, job->made);
  *job->trailing = scan->trailing;
  jpeg_scan_close(scan);
  return *job->done;
}

static void transform(jpeg_session *session, void *context) {
  transform_job *job = context;
  ci_rectangle rectangle = job->rectangle;
  ci_turning turn = job->turn;
  jpeg_session_open(session, job->from, job->count);
  j_decompress_ptr decoder = &session->decoder;
  int is_single = decoder->num_components == 1;
  uint32_t wide = DCTSIZE * (is_single ? 1u : (uint32_t)decoder->max_h_samp_factor);
  uint32_t high = DCTSIZE * (is_single ? 1u : (uint32_t)decoder->max_v_samp_factor);
  int flips_columns = turn.swaps ? turn.flips_down : turn.flips_across;
  int flips_rows = turn.swaps ? turn.flips_across : turn.flips_down;
  if (!is_aligned(rectangle.left, rectangle.width, wide, flips_columns) ||
      !is_aligned(rectangle.top, rectangle.height, high, flips_rows)) {
    return;
  }
  if (cut_bits(decoder, job)) return;
  jvirt_barray_ptr *sources = jpeg_read_coefficients(decoder);
  jpeg_session_create_encoder(session, job->count / 2 + 65536);
  set_up_encoder(session, rectangle, turn);
  jvirt_barray_ptr targets[MAX_COMPONENTS];
  move_blocks(session, sources, targets, rectangle, turn);
  jpeg_write_coefficients(&session->encoder, targets);
  jpeg_finish_compress(&session->encoder);
  jpeg_finish_decompress(decoder);
  *job->trailing = decoder->src->bytes_in_buffer;
  jpeg_session_take(session, job->to, job->made);
  *job->done = 1;
}

int ci_jpeg_transform(
    const uint8_t *from, size_t count, ci_rectangle rectangle, ci_turning turn, uint8_t **to, size_t *made, int *done,
    size_t *trailing, ci_failure *failure) {
  *done = 0;
  transform_job job = {from, count, rectangle, turn, to, made, trailing, done};
  return jpeg_session_run(failure, transform, &job);
}
