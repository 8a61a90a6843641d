// Blocks of coefficients become samples, exactly as in libjpeg.
#include "jpeg_blocks.h"

#include <string.h>

#include "png_rows.h"

typedef int32_t lanes __attribute__((vector_size(32)));

enum { CONSTANT_BITS = 13, FIRST_PASS_BITS = 2 };

// One pass of the inverse cosine transform over eight lines at once: Loeffler, Ligtenberg and Moschytz, "Practical fast
// 1-D DCT algorithms with 11 multiplications" (ICASSP 1989), with constants of 13 bits, in libjpeg's order of steps.
static inline __attribute__((always_inline)) void transform(lanes in[8], lanes out[8], int shift) {
  const lanes half = (lanes){} + (1 << (shift - 1));
  lanes joined = (in[2] + in[6]) * 4433;
  lanes low = joined - in[6] * 15137, high = joined + in[2] * 6270;
  lanes sum = (in[0] + in[4]) << CONSTANT_BITS, difference = (in[0] - in[4]) << CONSTANT_BITS;
  lanes even[4] = {sum + high, difference + low, difference - low, sum - high};
  lanes z1 = in[7] + in[1], z2 = in[5] + in[3], z3 = in[7] + in[3], z4 = in[5] + in[1];
  lanes z5 = (z3 + z4) * 9633;
  z1 *= -7373;
  z2 *= -20995;
  z3 = z3 * -16069 + z5;
  z4 = z4 * -3196 + z5;
  lanes odd[4] = {
      in[1] * 12299 + z1 + z4, in[3] * 25172 + z2 + z3, in[5] * 16819 + z2 + z4, in[7] * 2446 + z1 + z3};
  for (int line = 0; line < 4; line++) {
    out[line] = (even[line] + odd[line] + half) >> shift;
    out[7 - line] = (even[line] - odd[line] + half) >> shift;
  }
}

static inline __attribute__((always_inline)) void transpose(lanes rows[8]) {
  lanes pairs[8], quads[8];
  for (int row = 0; row < 8; row += 2) {
    pairs[row] = __builtin_shufflevector(rows[row], rows[row + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    pairs[row + 1] = __builtin_shufflevector(rows[row], rows[row + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int row = 0; row < 8; row += 4) {
    for (int odd = 0; odd < 2; odd++) {
      quads[row + odd] =
          __builtin_shufflevector(pairs[row + odd], pairs[row + odd + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      quads[row + odd + 2] =
          __builtin_shufflevector(pairs[row + odd], pairs[row + odd + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int row = 0; row < 4; row++) {
    rows[row] = __builtin_shufflevector(quads[row], quads[row + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    rows[row + 4] = __builtin_shufflevector(quads[row], quads[row + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

PNG_VECTORISED void jpeg_block_invert(const int16_t *values, uint8_t *to, size_t stride) {
  typedef int16_t eight __attribute__((vector_size(16)));
  typedef uint8_t bytes __attribute__((vector_size(8)));
  lanes in[8], out[8];
  for (int row = 0; row < 8; row++) {
    eight line;
    memcpy(&line, values + 8 * row, sizeof line);
    in[row] = __builtin_convertvector(line, lanes);
  }
  transform(in, out, CONSTANT_BITS - FIRST_PASS_BITS);
  transpose(out);
  transform(out, in, CONSTANT_BITS + FIRST_PASS_BITS + 3);
  transpose(in);
  for (int row = 0; row < 8; row++) {
    lanes level = __builtin_elementwise_min(__builtin_elementwise_max(in[row] + 128, (lanes){}), (lanes){} + 255);
    bytes line = __builtin_convertvector(level, bytes);
    memcpy(to + stride * (size_t)row, &line, sizeof line);
  }
}
