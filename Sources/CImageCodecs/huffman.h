// Prefix codes of limited length, as DEFLATE (RFC 1951) numbers them. Not public.
#ifndef HUFFMAN_H
#define HUFFMAN_H

#include <stdint.h>

enum { HUFFMAN_MOST_SYMBOLS = 288 };

// Gives each symbol that occurs a length of at most `limit` bits, and a code whose bits are reversed for writing lowest
// bit first. Symbols that do not occur get length 0.
void huffman_build(const uint32_t *counts, int symbols, int limit, uint8_t *lengths, uint16_t *codes);

#endif
