// The inverse cosine transform of a block. Not public.
#ifndef JPEG_BLOCKS_H
#define JPEG_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

// Writes the 8 × 8 samples of 64 coefficients, which are multiplied by their steps: those of libjpeg's accurate transform,
// bit for bit.
void jpeg_block_invert(const int16_t *values, uint8_t *to, size_t stride);

#endif
