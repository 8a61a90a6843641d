// Pixels turned for display.
#include <string.h>

#include "CImageCodecs.h"

// `SIZE` is a constant in each case, so that the copies become single moves.
#define TURN(SIZE)                                                                           \
  for (size_t y = 0; y < out_height; y++) {                                                  \
    for (size_t x = 0; x < out_width; x++, to += (SIZE)) {                                   \
      size_t across = turn.flips_across ? out_width - 1 - x : x;                             \
      size_t down = turn.flips_down ? out_height - 1 - y : y;                                \
      size_t from_x = turn.swaps ? down : across, from_y = turn.swaps ? across : down;       \
      memcpy(to, from + from_y * stride + from_x * (SIZE), (SIZE));                          \
    }                                                                                        \
  }

void ci_turn(
    const uint8_t *from, size_t stride, size_t width, size_t height, size_t pixel_bytes, ci_turning turn, uint8_t *to) {
  size_t out_width = turn.swaps ? height : width, out_height = turn.swaps ? width : height;
  switch (pixel_bytes) {
    case 1: TURN(1); break;
    case 2: TURN(2); break;
    case 3: TURN(3); break;
    case 4: TURN(4); break;
    case 6: TURN(6); break;
    case 8: TURN(8); break;
    default: TURN(pixel_bytes);
  }
}
