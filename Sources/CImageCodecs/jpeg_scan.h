// Reads the Huffman-coded pixels of the usual kind of JPEG (ITU-T T.81: 8 bits, sequential, one scan, no restarts) several
// times faster than libjpeg does, for it can leave out what is not needed. Anything unusual, and any damage, is left to
// libjpeg, which has the last word. Not public.
#ifndef JPEG_SCAN_H
#define JPEG_SCAN_H

#include "jpeg_session.h"

enum { JPEG_SCAN_LOOK = 12, JPEG_SCAN_SKIP_LOOK = 13, JPEG_SCAN_COMPONENTS = 4, JPEG_SCAN_MCU_BLOCKS = 10 };

// A number that the next bits hold whole: `used` bits are taken, and it is `step` places further. `used` is 0 when the bits
// that are looked at do not hold all of it.
typedef struct {
  int16_t value;
  uint8_t step, used;
} jpeg_scan_entry;

// All numbers that the next bits hold whole, for going past them: how many bits and places they take, and whether the last
// one is the end of the block. `used` is 0 when not one is whole.
typedef struct {
  uint8_t used, step, ends;
} jpeg_scan_leap;

typedef struct {
  jpeg_scan_entry entries[1 << JPEG_SCAN_LOOK];
  jpeg_scan_leap leaps[1 << JPEG_SCAN_SKIP_LOOK];
  // For the others: the largest code of each length, and what to add to it to find its symbol.
  int32_t largest[17], offsets[17];
  uint8_t symbols[256];
  // Codes by symbol, for writing; length 0 for none.
  uint16_t codes[256];
  uint8_t lengths[256];
} jpeg_scan_table;

typedef struct {
  uint64_t bits;
  int count;
  const uint8_t *next;
} jpeg_scan_reader;

typedef struct {
  int across, down, dc_table, ac_table;
  const uint16_t *steps;
} jpeg_scan_component;

typedef struct {
  int component_count;
  jpeg_scan_component components[JPEG_SCAN_COMPONENTS];
  int most_across, most_down;
  // The size in units of all components (MCU), and how many pixels one of them is.
  uint32_t columns, rows, unit_width, unit_height;
  // The component of each block of a unit.
  int block_count, blocks[JPEG_SCAN_MCU_BLOCKS];
  jpeg_scan_table dc[4], ac[4];
  // The coded bits without stuffing, with slack behind them, and how many bytes follow the image.
  uint8_t *bytes;
  size_t byte_count, trailing;
} jpeg_scan;

// Prepares to read the scan whose header the decoder has read; NULL when it is not of the usual kind.
jpeg_scan *jpeg_scan_open(j_decompress_ptr decoder);
void jpeg_scan_close(jpeg_scan *scan);

jpeg_scan_reader jpeg_scan_start(const jpeg_scan *scan);
// How many bits were read.
size_t jpeg_scan_position(const jpeg_scan *scan, const jpeg_scan_reader *reader);
// Whether all bits were read, but for the ones that fill the last byte.
int jpeg_scan_is_complete(const jpeg_scan *scan, const jpeg_scan_reader *reader);

// The coefficients of a block in rows, each multiplied by its step.
typedef struct {
  int16_t values[64];
} jpeg_scan_block;

// Read one block; `dc` is the component's last first coefficient and becomes this block's. Return 0, or -1 for damage.
int jpeg_scan_read(
    const jpeg_scan *scan, int component, jpeg_scan_reader *reader, int *dc, jpeg_scan_block *block);
int jpeg_scan_skip(const jpeg_scan *scan, int component, jpeg_scan_reader *reader, int *dc);
// All blocks of a unit, with the last first coefficients of all components.
int jpeg_scan_skip_unit(const jpeg_scan *scan, jpeg_scan_reader *reader, int *dc);
// The two halves of skipping a block.
int jpeg_scan_skip_dc(const jpeg_scan *scan, int component, jpeg_scan_reader *reader, int *dc);
int jpeg_scan_skip_ac(const jpeg_scan *scan, int component, jpeg_scan_reader *reader);

// Cuts a rectangle that begins on a unit out of a scan by copying bits; `header` is where the file's segments are, up to
// the scan. Writes a whole JPEG without application segments into memory that the caller frees. Returns 0 when the scan
// is damaged or cannot be cut so; then libjpeg must try.
int jpeg_scan_cut(
    const jpeg_scan *scan, const uint8_t *file, size_t header, ci_rectangle rectangle, uint8_t **to, size_t *made);

#endif
