// How a block of DEFLATE (RFC 1951) tells its codes, and bits as it writes them. Not public.
#ifndef DEFLATE_CODES_H
#define DEFLATE_CODES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { DEFLATE_LITERALS = 286, DEFLATE_DISTANCES = 30, DEFLATE_LENGTH_CODES = 19 };

typedef struct {
  uint8_t *to;
  uint64_t bits;
  unsigned count;
} bit_writer;

static inline void put(bit_writer *writer, uint64_t bits, unsigned count) {
  writer->bits |= bits << writer->count;
  writer->count += count;
}

// Writes whole bytes; at most 7 bits stay. There are 8 bytes of room.
static inline void flush(bit_writer *writer) {
  memcpy(writer->to, &writer->bits, 8);
  writer->to += writer->count >> 3;
  writer->bits >>= writer->count & ~7u;
  writer->count &= 7;
}

// The lengths of both codes as symbols with repetitions (RFC 1951, section 3.2.7).
typedef struct {
  uint8_t symbols[DEFLATE_LITERALS + DEFLATE_DISTANCES], extras[DEFLATE_LITERALS + DEFLATE_DISTANCES];
  int count, literals, distances, orders;
  uint32_t counts[DEFLATE_LENGTH_CODES];
  uint8_t lengths[DEFLATE_LENGTH_CODES];
  uint16_t codes[DEFLATE_LENGTH_CODES];
} deflate_codes;

// From the lengths of the codes of literals and of distances.
void deflate_codes_describe(deflate_codes *codes, const uint8_t *literal_lengths, const uint8_t *distance_lengths);
// How many bits they take, and these bits.
size_t deflate_codes_bits(const deflate_codes *codes);
void deflate_codes_write(const deflate_codes *codes, bit_writer *writer);

#endif
