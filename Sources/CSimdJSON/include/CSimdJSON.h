// A C interface to the few calls of simdjson that log extraction needs: one line of an operation log to a
// record of slices, a whole text to a tape, and the escaping of JSON strings.
#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Bytes that must be readable (not necessarily meaningful) after the end of a text that is parsed.
#define CSJ_PADDING 64

// A piece of text that belongs to the reader; `data` is NULL when the member is absent or null.
typedef struct {
  const uint8_t *data;
  size_t length;
} csj_slice;

typedef enum {
  CSJ_OK = 0,
  CSJ_MALFORMED = 1,      // Not JSON, or nested deeper than 1,024, or a number beyond 64 bits.
  CSJ_BAD_UTF8 = 2,
  CSJ_NUL = 3,            // A NUL byte, raw or escaped.
  CSJ_NOT_AN_OBJECT = 4,
  CSJ_DUPLICATE_KEY = 5,  // `culprit` is the key.
  CSJ_WRONG_TYPE = 6,     // `culprit` is the member's key.
  CSJ_NO_MEMORY = 7
} csj_outcome;

// The members of one log record. Valid until the reader's next call.
typedef struct {
  csj_slice type, script, session_id, timestamp, operation, source_dir, dest_dir, notes, actor;
  const csj_slice *files;  // `files`, or `files_sample` where there is no `files`.
  size_t file_list_length;
  uint8_t has_file_list;
  int64_t file_count;      // 0 … 2^31 - 1, or -1 when absent or null.
  csj_slice extra;         // All other members that are not null, as a canonical JSON object.
  csj_slice culprit;       // The key that is wrong; see csj_outcome.
} csj_record;

typedef struct csj_reader csj_reader;

// Returns NULL when there is no memory.
csj_reader *csj_reader_create(void);
void csj_reader_free(csj_reader *reader);

// Parses one line (without its newline). `line` is followed by CSJ_PADDING readable bytes.
csj_outcome csj_read_record(csj_reader *reader, const uint8_t *line, size_t length, csj_record *record);

// A parsed text in simdjson's tape format; valid until the reader's next call.
typedef struct {
  const uint64_t *words;
  const uint8_t *strings;
} csj_tape;

// Parses any JSON text; `text` is followed by CSJ_PADDING readable bytes.
csj_outcome csj_parse(csj_reader *reader, const uint8_t *text, size_t length, csj_tape *tape);

// Writes `text` as the inside of a JSON string (without quotes) to `to`, which has room for 6 * length + 16 bytes.
// `text` is followed by 16 readable bytes, as all slices of a record are.
// Escapes only what RFC 8259 requires: quote, backslash and control characters (\n \r \t, otherwise \u00xx).
// Returns the number of bytes written.
size_t csj_escape(uint8_t *to, const uint8_t *text, size_t length);

#ifdef __cplusplus
}
#endif
#endif
