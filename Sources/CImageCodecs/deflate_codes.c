// The codes of a block, as the block begins with them.
#include "deflate_codes.h"

#include "huffman.h"

// The order in which the lengths of the code for lengths are written.
static const uint8_t length_order[DEFLATE_LENGTH_CODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

static void add_length(deflate_codes *codes, int symbol, int extra) {
  codes->symbols[codes->count] = (uint8_t)symbol;
  codes->extras[codes->count++] = (uint8_t)extra;
  codes->counts[symbol]++;
}

void deflate_codes_describe(deflate_codes *codes, const uint8_t *literal_lengths, const uint8_t *distance_lengths) {
  uint8_t all[DEFLATE_LITERALS + DEFLATE_DISTANCES];
  memset(codes, 0, sizeof *codes);
  codes->literals = DEFLATE_LITERALS;
  while (codes->literals > 257 && literal_lengths[codes->literals - 1] == 0) codes->literals--;
  codes->distances = DEFLATE_DISTANCES;
  while (codes->distances > 1 && distance_lengths[codes->distances - 1] == 0) codes->distances--;
  memcpy(all, literal_lengths, (size_t)codes->literals);
  memcpy(all + codes->literals, distance_lengths, (size_t)codes->distances);
  int total = codes->literals + codes->distances;
  for (int at = 0; at < total;) {
    int run = 1;
    while (at + run < total && all[at + run] == all[at]) run++;
    int length = all[at];
    at += run;
    if (length != 0) {
      add_length(codes, length, 0);
      run--;
    }
    while (run >= 3) {
      int most = length != 0 ? 6 : run > 10 ? 138 : 10, part = run < most ? run : most;
      add_length(codes, length != 0 ? 16 : part > 10 ? 18 : 17, part - (length == 0 && part > 10 ? 11 : 3));
      run -= part;
    }
    while (run-- > 0) add_length(codes, length, 0);
  }
  // One symbol alone makes no code: lengths that are all alike cannot be, for the end of a block is rare.
  huffman_build(codes->counts, DEFLATE_LENGTH_CODES, 7, codes->lengths, codes->codes);
  codes->orders = DEFLATE_LENGTH_CODES;
  while (codes->orders > 4 && codes->lengths[length_order[codes->orders - 1]] == 0) codes->orders--;
}

static const uint8_t repeat_bits[3] = {2, 3, 7};

size_t deflate_codes_bits(const deflate_codes *codes) {
  size_t bits = 14 + 3 * (size_t)codes->orders;
  for (int symbol = 0; symbol < DEFLATE_LENGTH_CODES; symbol++) {
    bits += codes->counts[symbol] * (codes->lengths[symbol] + (symbol >= 16 ? repeat_bits[symbol - 16] : 0u));
  }
  return bits;
}

void deflate_codes_write(const deflate_codes *codes, bit_writer *writer) {
  put(writer, (uint64_t)(codes->literals - 257) | (uint64_t)(codes->distances - 1) << 5 |
                  (uint64_t)(codes->orders - 4) << 10, 14);
  flush(writer);
  for (int index = 0; index < codes->orders; index++) {
    put(writer, codes->lengths[length_order[index]], 3);
    flush(writer);
  }
  for (int index = 0; index < codes->count; index++) {
    int symbol = codes->symbols[index];
    put(writer, codes->codes[symbol], codes->lengths[symbol]);
    if (symbol >= 16) put(writer, codes->extras[index], repeat_bits[symbol - 16]);
    flush(writer);
  }
}
