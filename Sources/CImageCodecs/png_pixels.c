// Pixels of PNG rows, rearranged: interlaced passes put together, small depths spread to bytes and packed again.
#include <string.h>

#include "CImageCodecs.h"
#include "png_rows.h"

static inline unsigned sample_at(const uint8_t *row, size_t index, unsigned bits) {
  size_t bit = index * bits;
  return row[bit >> 3] >> (8 - bits - (bit & 7)) & ((1u << bits) - 1);
}

static inline void or_sample(uint8_t *row, size_t index, unsigned bits, unsigned value) {
  size_t bit = index * bits;
  row[bit >> 3] |= (uint8_t)(value << (8 - bits - (bit & 7)));
}

void ci_png_scatter(
    const uint8_t *pass_rows, size_t width, size_t height, size_t pass_row_bytes, uint32_t bits, uint8_t *rows,
    size_t stride, ci_png_pass pass) {
  size_t bytes = bits / 8;
  for (size_t y = 0; y < height; y++) {
    const uint8_t *from = pass_rows + y * (pass_row_bytes + 1) + 1;
    uint8_t *to = rows + ((size_t)pass.top + y * (size_t)pass.down) * stride + 1;
    for (size_t x = 0; x < width; x++) {
      size_t target = (size_t)pass.left + x * (size_t)pass.across;
      if (bits < 8) {
        or_sample(to, target, bits, sample_at(from, x, bits));
      } else {
        memcpy(to + target * bytes, from + x * bytes, bytes);
      }
    }
  }
}

void ci_png_spread(
    const uint8_t *rows, size_t stride, size_t left, size_t width, size_t height, uint32_t bits, uint8_t *to) {
  for (size_t y = 0; y < height; y++) {
    for (size_t x = 0; x < width; x++) *to++ = (uint8_t)sample_at(rows + y * stride, left + x, bits);
  }
}

void ci_png_pack(const uint8_t *pixels, size_t width, size_t height, uint32_t bits, uint8_t *to) {
  size_t row_bytes = (width * bits + 7) / 8;
  memset(to, 0, row_bytes * height);
  for (size_t y = 0; y < height; y++, to += row_bytes) {
    for (size_t x = 0; x < width; x++) or_sample(to, x, bits, *pixels++);
  }
}
