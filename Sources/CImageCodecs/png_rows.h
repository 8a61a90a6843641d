// Row kernels of PNG shared by the files of this target. Not public.
#ifndef PNG_ROWS_H
#define PNG_ROWS_H

#include <stddef.h>
#include <stdint.h>

// The bytes beside a row of pixels that the kernels may read, and that are never used: at its end, for they load
// whole words, and before it.
enum { PNG_ROW_MARGIN = 64 };

// Compiles a loop a second time for processors with 256-bit vectors, chosen when the program starts.
#if defined(__x86_64__) && defined(__linux__)
#define PNG_VECTORISED __attribute__((target_clones("avx2", "default")))
#else
#define PNG_VECTORISED
#endif

#endif
