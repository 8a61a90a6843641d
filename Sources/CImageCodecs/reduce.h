// Shrinks an image row by row. Not public.
#ifndef REDUCE_H
#define REDUCE_H

#include <stddef.h>
#include <stdint.h>

// The state of one image; each result pixel is the mean of the area that it covers, weighed exactly.
typedef struct {
  size_t width, height, out_width, out_height, channels;
  // The next row that comes in, and the one that is being made.
  size_t row, out_row;
  // Sums over the rows of the result row so far, and over whole rows of weight `out_height` in 16 bits before that.
  uint32_t *sums;
  uint16_t *whole;
  size_t whole_count;
  uint8_t *pixels;
} area_reducer;

// Returns 0, or -1 when memory is short. No side of the result is larger than the source's.
int area_reducer_begin(
    area_reducer *reducer, size_t width, size_t height, size_t out_width, size_t out_height, size_t channels);
// The next row of `width` × `channels` bytes.
void area_reducer_add(area_reducer *reducer, const uint8_t *row);
// Frees the state, and the pixels unless they were taken.
void area_reducer_end(area_reducer *reducer);
// The size of a result whose longest side is `longest` at the most.
void area_reducer_size(size_t width, size_t height, size_t longest, size_t *out_width, size_t *out_height);

#endif
