// A decoder and an encoder of libjpeg whose errors come back as a value. Not public.
#ifndef JPEG_SESSION_H
#define JPEG_SESSION_H

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>

#include "CImageCodecs.h"

// One use of libjpeg, with all that must be freed after it.
typedef struct {
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  struct jpeg_decompress_struct decoder;
  struct jpeg_compress_struct encoder;
  int has_decoder, has_encoder;
  unsigned char *made, *first_made;
  unsigned long made_count;
  ci_failure *failure;
} jpeg_session;

// Calls `body`, which any error or warning of libjpeg ends, and frees the session. What `body` allocates itself belongs
// in `job`, whose owner frees it. Returns CI_OK, or the code of `failure`.
int jpeg_session_run(ci_failure *failure, void (*body)(jpeg_session *session, void *job), void *job);

// For use by `body`:

// Makes a decoder for the bytes of a file and reads its header.
void jpeg_session_open(jpeg_session *session, const uint8_t *from, size_t count);
// Makes an encoder that writes to `made`, which has room for `expected` bytes before it is moved.
void jpeg_session_create_encoder(jpeg_session *session, size_t expected);
// Hands over what the encoder made.
void jpeg_session_take(jpeg_session *session, uint8_t **to, size_t *made);
// Memory, or the end of the session.
void *jpeg_session_allocate(jpeg_session *session, size_t count);
// Ends the session as an error of libjpeg does.
void jpeg_session_fail(jpeg_session *session, int code, const char *message) __attribute__((noreturn));

#endif
