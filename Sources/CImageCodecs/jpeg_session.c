// Error handling around libjpeg: every error and every warning ends the call.
#include "jpeg_session.h"

#include <jerror.h>
#include <stdlib.h>
#include <string.h>

// A progressive file may name any number of scans, each of which costs a pass over all pixels.
enum { MAXIMUM_SCANS = 500 };

static void fail(j_common_ptr common, int code) {
  jpeg_session *session = (jpeg_session *)common->err;
  session->failure->code = code;
  char message[JMSG_LENGTH_MAX];
  common->err->format_message(common, message);
  strncpy(session->failure->message, message, sizeof session->failure->message - 1);
  longjmp(session->escape, 1);
}

static void on_error(j_common_ptr common) {
  switch (common->err->msg_code) {
    case JERR_OUT_OF_MEMORY: fail(common, CI_MEMORY);
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_BAD_J_COLORSPACE:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED: fail(common, CI_UNSUPPORTED);
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF: fail(common, CI_TRUNCATED);
    default: fail(common, CI_CORRUPT);
  }
}

// A warning says that pixels were made up for data that are damaged: never fit to be written as somebody's image.
static void on_message(j_common_ptr common, int level) {
  if (level >= 0) return;
  fail(common, common->err->msg_code == JWRN_JPEG_EOF ? CI_TRUNCATED : CI_CORRUPT);
}

static void on_progress(j_common_ptr common) {
  if (!common->is_decompressor) return;
  j_decompress_ptr decoder = (j_decompress_ptr)common;
  if (decoder->input_scan_number > MAXIMUM_SCANS) {
    jpeg_session_fail((jpeg_session *)common->err, CI_EXCESSIVE, "more scans than any program writes");
  }
}

static void close_session(jpeg_session *session) {
  if (session->has_decoder) jpeg_destroy_decompress(&session->decoder);
  if (session->has_encoder) {
    // After an error only the destination knows where the bytes made so far are.
    if (session->failure->code != CI_OK) session->encoder.dest->term_destination(&session->encoder);
    jpeg_destroy_compress(&session->encoder);
  }
  if (session->first_made != session->made) free(session->first_made);
  free(session->made);
}

int jpeg_session_run(ci_failure *failure, void (*body)(jpeg_session *session, void *job), void *job) {
  // On the heap: a local variable that changes after setjmp has no value after longjmp.
  jpeg_session *session = calloc(1, sizeof *session);
  memset(failure, 0, sizeof *failure);
  if (!session) return failure->code = CI_MEMORY;
  jpeg_std_error(&session->errors);
  session->errors.error_exit = on_error;
  session->errors.emit_message = on_message;
  session->progress.progress_monitor = on_progress;
  session->failure = failure;
  if (setjmp(session->escape) == 0) body(session, job);
  close_session(session);
  free(session);
  return failure->code;
}

void jpeg_session_fail(jpeg_session *session, int code, const char *message) {
  session->failure->code = code;
  strncpy(session->failure->message, message, sizeof session->failure->message - 1);
  longjmp(session->escape, 1);
}

void jpeg_session_open(jpeg_session *session, const uint8_t *from, size_t count) {
  session->decoder.err = &session->errors;
  jpeg_create_decompress(&session->decoder);
  session->has_decoder = 1;
  session->decoder.progress = &session->progress;
  jpeg_mem_src(&session->decoder, from, count);
  jpeg_read_header(&session->decoder, TRUE);
}

void jpeg_session_create_encoder(jpeg_session *session, size_t expected) {
  session->made = session->first_made = malloc(expected);
  session->made_count = session->made ? expected : 0;
  session->encoder.err = &session->errors;
  jpeg_create_compress(&session->encoder);
  jpeg_mem_dest(&session->encoder, &session->made, &session->made_count);
  session->has_encoder = 1;
}

void jpeg_session_take(jpeg_session *session, uint8_t **to, size_t *made) {
  *to = session->made;
  *made = session->made_count;
  // libjpeg leaves the first memory to its owner when it needed more.
  if (session->first_made == session->made) session->first_made = NULL;
  session->made = NULL;
}

void *jpeg_session_allocate(jpeg_session *session, size_t count) {
  void *memory = malloc(count);
  if (!memory) jpeg_session_fail(session, CI_MEMORY, "out of memory");
  return memory;
}
