// Deflates (RFC 1951) filtered pixels of photographs: quickly, and smaller than general compressors do.
//
// What the filters leave of a photograph is noise: the repetitions that a general compressor finds in it are chance,
// cost more bits than the bytes that they replace, and take most of its time. Here a byte is coded as itself, with a code
// made for its block, unless a repetition is so long that it must save bits: even areas and true repetitions.
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "CImageCodecs.h"
#include "deflate_codes.h"
#include "huffman.h"

enum {
  // Small enough for one stored block, large enough that its codes cost little.
  BLOCK = 65280,
  WINDOW = 32768,
  SHORTEST = 6,
  LONGEST = 258,
  HASH_BITS = 14,
  END_OF_BLOCK = 256,
};

// Some bytes as they are, then a repetition unless `length` is 0.
typedef struct {
  uint32_t literals;
  uint16_t length, distance;
} sequence;

typedef struct {
  const uint8_t *bytes;
  size_t count;
  // Where six bytes of some hash were last seen, plus 1.
  uint32_t seen[1 << HASH_BITS];
  sequence sequences[BLOCK / SHORTEST + 2];
  size_t sequence_count;
  uint32_t literal_counts[DEFLATE_LITERALS + 2], distance_counts[DEFLATE_DISTANCES + 2];
  uint8_t literal_lengths[DEFLATE_LITERALS + 2], distance_lengths[DEFLATE_DISTANCES + 2];
  uint16_t literal_codes[DEFLATE_LITERALS + 2], distance_codes[DEFLATE_DISTANCES + 2];
  // What a byte cost in the last block, in sixteenths of a bit.
  uint32_t literal_cost;
  bit_writer writer;
} encoder;

// RFC 1951, section 3.2.5.
static const uint16_t length_bases[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                          31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extras[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                          2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static inline unsigned length_code(unsigned length) {
  unsigned code = 0;
  while (code < 28 && length_bases[code + 1] <= length) code++;
  return code;
}

static inline unsigned distance_code(unsigned distance, unsigned *extra_bits) {
  unsigned rest = distance - 1;
  if (rest < 4) {
    *extra_bits = 0;
    return rest;
  }
  unsigned top = 31 - (unsigned)__builtin_clz(rest);
  *extra_bits = top - 1;
  return 2 * top + (rest >> (top - 1) & 1);
}

static inline uint64_t load(const uint8_t *from) {
  uint64_t value;
  memcpy(&value, from, 8);
  return value;
}

static inline uint32_t hash_of(uint64_t value) {
  return (uint32_t)((value << 16) * 0x9E3779B97F4A7C15u >> (64 - HASH_BITS));
}

// How many bytes are alike, `most` at the most, which are there behind both.
static inline size_t alike(const uint8_t *a, const uint8_t *b, size_t most) {
  size_t count = 0;
  while (count + 8 <= most) {
    uint64_t difference = load(a + count) ^ load(b + count);
    if (difference) return count + ((size_t)__builtin_ctzll(difference) >> 3);
    count += 8;
  }
  while (count < most && a[count] == b[count]) count++;
  return count;
}

// The shortest repetition that saves bits: it costs some twenty-six when it is far away, some fourteen when it is near.
static size_t worthwhile(const encoder *state, size_t distance) {
  size_t bits = distance <= 8 ? 14 : 26, length = bits * 16 / state->literal_cost + 1;
  return length < SHORTEST ? SHORTEST : length;
}

// Looks at one place for a repetition that is worth it; returns its length, or 0.
static inline size_t find(encoder *state, size_t at, size_t end, size_t *distance) {
  const uint8_t *bytes = state->bytes;
  uint64_t value = load(bytes + at);
  uint32_t *slot = &state->seen[hash_of(value)];
  size_t before = *slot;
  *slot = (uint32_t)at + 1;
  if (before == 0 || at + 1 - before > WINDOW) return 0;
  if ((load(bytes + before - 1) ^ value) << 16) return 0;
  size_t most = end - at < LONGEST ? end - at : LONGEST;
  size_t length = alike(bytes + before - 1, bytes + at, most);
  *distance = at + 1 - before;
  return length >= worthwhile(state, *distance) ? length : 0;
}

// Splits a block into sequences.
static void parse(encoder *state, size_t start, size_t end) {
  state->sequence_count = 0;
  size_t anchor = start, at = start, misses = 0;
  // Eight bytes are looked at, in a block that ends earlier at the very end only.
  size_t last = state->count - end >= 8 ? end : end > 8 ? end - 8 : 0;
  while (at + SHORTEST <= end && at < last) {
    size_t distance = 0, length = find(state, at, end, &distance);
    if (length == 0) {
      // The longer nothing is found, the fewer places are looked at.
      misses++;
      at += 1 + (misses >> 4 < 15 ? misses >> 4 : 15);
      continue;
    }
    misses = 0;
    while (at > anchor && at > distance && length < LONGEST && state->bytes[at - 1] == state->bytes[at - 1 - distance]) {
      at--;
      length++;
    }
    state->sequences[state->sequence_count++] =
        (sequence){(uint32_t)(at - anchor), (uint16_t)length, (uint16_t)distance};
    at += length;
    anchor = at;
  }
  state->sequences[state->sequence_count++] = (sequence){(uint32_t)(end - anchor), 0, 0};
}

static void count_symbols(encoder *state, size_t start) {
  // Four counts, because the same byte often follows itself.
  uint32_t counts[4][256] = {{0}};
  memset(state->literal_counts, 0, sizeof state->literal_counts);
  memset(state->distance_counts, 0, sizeof state->distance_counts);
  const uint8_t *at = state->bytes + start;
  for (size_t index = 0; index < state->sequence_count; index++) {
    sequence each = state->sequences[index];
    const uint8_t *end = at + each.literals;
    for (; at + 4 <= end; at += 4) {
      counts[0][at[0]]++;
      counts[1][at[1]]++;
      counts[2][at[2]]++;
      counts[3][at[3]]++;
    }
    for (; at < end; at++) counts[0][*at]++;
    if (each.length) {
      unsigned extra;
      state->literal_counts[257 + length_code(each.length)]++;
      state->distance_counts[distance_code(each.distance, &extra)]++;
      at += each.length;
    }
  }
  for (int byte = 0; byte < 256; byte++) {
    state->literal_counts[byte] = counts[0][byte] + counts[1][byte] + counts[2][byte] + counts[3][byte];
  }
  state->literal_counts[END_OF_BLOCK] = 1;
  // Old decoders want two distances.
  for (int code = 0; code < 2; code++) {
    if (state->distance_counts[code] == 0) state->distance_counts[code] = 1;
  }
}

// The bits of all symbols of a block; sets what a byte costs.
static size_t body_bits(encoder *state) {
  size_t bits = 0, literals = 0;
  for (int byte = 0; byte < 256; byte++) {
    bits += (size_t)state->literal_counts[byte] * state->literal_lengths[byte];
    literals += state->literal_counts[byte];
  }
  // With too few bytes to tell, the last cost stands.
  if (literals > 256) state->literal_cost = (uint32_t)(bits * 16 / literals) + 1;
  for (int code = 0; code < 30; code++) {
    if (code < 29) {
      bits += (size_t)state->literal_counts[257 + code] * (state->literal_lengths[257 + code] + length_extras[code]);
    }
    bits += (size_t)state->distance_counts[code] *
            (state->distance_lengths[code] + (code < 4 ? 0u : (unsigned)code / 2 - 1));
  }
  return bits + state->literal_lengths[END_OF_BLOCK];
}

static void write_body(encoder *state, size_t start) {
  bit_writer writer = state->writer;
  // Code and length together: one load for each byte.
  uint32_t table[256];
  for (int byte = 0; byte < 256; byte++) {
    table[byte] = (uint32_t)state->literal_codes[byte] << 8 | state->literal_lengths[byte];
  }
  const uint8_t *at = state->bytes + start;
  for (size_t index = 0; index < state->sequence_count; index++) {
    sequence each = state->sequences[index];
    const uint8_t *end = at + each.literals;
    // Three codes of at most 15 bits fit beside the 7 that may be left, and a fourth one: 67 bits do not.
    for (; at + 3 <= end; at += 3) {
      for (int step = 0; step < 3; step++) put(&writer, table[at[step]] >> 8, table[at[step]] & 0xff);
      flush(&writer);
    }
    for (; at < end; at++) {
      put(&writer, table[*at] >> 8, table[*at] & 0xff);
      flush(&writer);
    }
    if (each.length) {
      unsigned code = length_code(each.length), extra, far = distance_code(each.distance, &extra);
      put(&writer, state->literal_codes[257 + code], state->literal_lengths[257 + code]);
      put(&writer, each.length - length_bases[code], length_extras[code]);
      flush(&writer);
      put(&writer, state->distance_codes[far], state->distance_lengths[far]);
      put(&writer, (each.distance - 1u) & ((1u << extra) - 1), extra);
      flush(&writer);
      at += each.length;
    }
  }
  put(&writer, state->literal_codes[END_OF_BLOCK], state->literal_lengths[END_OF_BLOCK]);
  flush(&writer);
  state->writer = writer;
}

static void write_stored(encoder *state, size_t start, size_t end, int is_last) {
  bit_writer *writer = &state->writer;
  put(writer, (uint64_t)is_last, 3);
  // To the next whole byte.
  writer->count = (writer->count + 7) & ~7u;
  flush(writer);
  unsigned size = (unsigned)(end - start);
  put(writer, size | (uint64_t)(~size & 0xffff) << 16, 32);
  flush(writer);
  memcpy(writer->to, state->bytes + start, size);
  writer->to += size;
}

static void write_block(encoder *state, size_t start, size_t end, int is_last) {
  deflate_codes codes;
  parse(state, start, end);
  count_symbols(state, start);
  huffman_build(state->literal_counts, DEFLATE_LITERALS, 15, state->literal_lengths, state->literal_codes);
  huffman_build(state->distance_counts, DEFLATE_DISTANCES, 15, state->distance_lengths, state->distance_codes);
  deflate_codes_describe(&codes, state->literal_lengths, state->distance_lengths);
  if (deflate_codes_bits(&codes) + body_bits(state) > (end - start + 4) * 8) {
    write_stored(state, start, end, is_last);
    return;
  }
  put(&state->writer, (uint64_t)is_last | 2 << 1, 3);
  deflate_codes_write(&codes, &state->writer);
  write_body(state, start);
}

// Encodes everything as above. Returns CI_OK or CI_MEMORY.
static int deflate_literally(const uint8_t *from, size_t count, uint8_t **to, size_t *made) {
  encoder *state = calloc(1, sizeof *state);
  // All blocks stored, and what the writer may touch beyond them.
  uint8_t *bytes = malloc(count + (count / BLOCK + 1) * 8 + 64);
  if (!state || !bytes) {
    free(state);
    free(bytes);
    return CI_MEMORY;
  }
  state->bytes = from;
  state->count = count;
  state->literal_cost = 6 * 16;
  // A zlib stream (RFC 1950) with a window of 32 KiB.
  bytes[0] = 0x78;
  bytes[1] = 0x9c;
  state->writer.to = bytes + 2;
  size_t start = 0;
  do {
    size_t end = count - start > BLOCK ? start + BLOCK : count;
    write_block(state, start, end, end == count);
    start = end;
  } while (start < count);
  state->writer.count = (state->writer.count + 7) & ~7u;
  flush(&state->writer);
  uint32_t checksum = libdeflate_adler32(1, from, count);
  for (int byte = 0; byte < 4; byte++) *state->writer.to++ = (uint8_t)(checksum >> (24 - 8 * byte));
  *to = bytes;
  *made = (size_t)(state->writer.to - bytes);
  free(state);
  return CI_OK;
}

enum { GENERAL_LEVEL = 6, SAMPLES = 3, SAMPLE = 128 << 10 };

// Whether a general compressor makes samples of the data smaller by a thirtieth or more: drawings, screens, text.
static int is_repetitive(const uint8_t *from, size_t count) {
  size_t ours = 0, theirs = 0;
  for (size_t number = 0; number < SAMPLES; number++) {
    size_t size = count < SAMPLE ? count : SAMPLE;
    const uint8_t *sample = from + (count - size) * (2 * number + 1) / (2 * SAMPLES);
    uint8_t *bytes = NULL;
    size_t made = 0;
    if (deflate_literally(sample, size, &bytes, &made) != CI_OK) return 0;
    free(bytes);
    ours += made;
    if (ci_zlib_deflate(sample, size, GENERAL_LEVEL, &bytes, &made) != CI_OK) return 0;
    free(bytes);
    theirs += made;
  }
  return theirs + ours / 30 < ours;
}

int ci_zlib_deflate_pixels(const uint8_t *from, size_t count, uint8_t **to, size_t *made) {
  // Places in the data are kept in 32 bits.
  if (count >= UINT32_MAX || is_repetitive(from, count)) return ci_zlib_deflate(from, count, GENERAL_LEVEL, to, made);
  return deflate_literally(from, count, to, made);
}
