// Cuts a rectangle out of a JPEG by copying the bits of its blocks.
//
// A block's first coefficient is coded as the difference from the block before, all others by themselves. So in each row
// of units that is kept, only the first block of each component has another block before it than in the source: its first
// coefficient is coded anew, and everything up to the end of the row is copied as it is.
#include <stdlib.h>
#include <string.h>

#include "jpeg_scan.h"

typedef struct {
  uint8_t *bytes;
  size_t count;
  // Bits that do not make a byte yet, in the highest places.
  uint64_t bits;
  int pending;
} bit_output;

// Appends up to 32 bits.
static inline void put(bit_output *output, uint32_t value, int count) {
  if (count == 0) return;
  output->bits |= (uint64_t)value << (64 - count) >> output->pending;
  output->pending += count;
  while (output->pending >= 8) {
    output->bytes[output->count++] = (uint8_t)(output->bits >> 56);
    output->bits <<= 8;
    output->pending -= 8;
  }
}

static uint32_t bits_at(const uint8_t *bytes, size_t position, int count) {
  uint64_t value;
  memcpy(&value, bytes + (position >> 3), 8);
  value = __builtin_bswap64(value) << (position & 7);
  return count == 0 ? 0 : (uint32_t)(value >> (64 - count));
}

// Appends the bits from `start` to `end` of the scan.
static void copy_bits(bit_output *output, const uint8_t *bytes, size_t start, size_t end) {
  // To a whole byte of the output, then in words.
  while (start < end && output->pending != 0) {
    int count = 8 - output->pending < (int)(end - start) ? 8 - output->pending : (int)(end - start);
    put(output, bits_at(bytes, start, count), count);
    start += (size_t)count;
  }
  for (; start + 56 <= end; start += 56) {
    uint64_t value;
    memcpy(&value, bytes + (start >> 3), 8);
    value = __builtin_bswap64(__builtin_bswap64(value) << (start & 7));
    memcpy(output->bytes + output->count, &value, 8);
    output->count += 7;
  }
  while (start < end) {
    int count = end - start > 24 ? 24 : (int)(end - start);
    put(output, bits_at(bytes, start, count), count);
    start += (size_t)count;
  }
}

// Codes the difference of first coefficients; returns 0 when the table has no code for its size.
static int put_difference(bit_output *output, const jpeg_scan_table *table, int difference) {
  unsigned magnitude = (unsigned)abs(difference);
  int size = magnitude == 0 ? 0 : 32 - __builtin_clz(magnitude);
  if (size > 11 || table->lengths[size] == 0) return 0;
  put(output, table->codes[size], table->lengths[size]);
  put(output, (uint32_t)(difference < 0 ? difference + (1 << size) - 1 : difference), size);
  return 1;
}

// The first unit of a kept row: the first block of each component gets a new difference. `dc` is what the source's blocks
// have before it, `before` what the crop's have.
static int cut_first_unit(
    const jpeg_scan *scan, jpeg_scan_reader *reader, int *dc, const int *before, bit_output *output) {
  int seen = 0;
  for (int index = 0; index < scan->block_count; index++) {
    int component = scan->blocks[index];
    size_t start = jpeg_scan_position(scan, reader);
    if (!(seen >> component & 1)) {
      seen |= 1 << component;
      if (jpeg_scan_skip_dc(scan, component, reader, &dc[component]) != 0) return 0;
      start = jpeg_scan_position(scan, reader);
      const jpeg_scan_table *table = &scan->dc[scan->components[component].dc_table];
      if (!put_difference(output, table, dc[component] - before[component])) return 0;
      if (jpeg_scan_skip_ac(scan, component, reader) != 0) return 0;
    } else if (jpeg_scan_skip(scan, component, reader, &dc[component]) != 0) {
      return 0;
    }
    copy_bits(output, scan->bytes, start, jpeg_scan_position(scan, reader));
  }
  return 1;
}

static int skip_units(const jpeg_scan *scan, jpeg_scan_reader *reader, int *dc, uint32_t count) {
  for (uint32_t unit = 0; unit < count; unit++) {
    if (jpeg_scan_skip_unit(scan, reader, dc) != 0) return 0;
  }
  return 1;
}

// Reads the whole scan and copies what belongs to the rectangle.
static int cut_scan(const jpeg_scan *scan, ci_rectangle rectangle, bit_output *output) {
  uint32_t first = rectangle.left / scan->unit_width, top = rectangle.top / scan->unit_height;
  uint32_t end = (rectangle.left + rectangle.width + scan->unit_width - 1) / scan->unit_width;
  uint32_t bottom = (rectangle.top + rectangle.height + scan->unit_height - 1) / scan->unit_height;
  jpeg_scan_reader reader = jpeg_scan_start(scan);
  int dc[JPEG_SCAN_COMPONENTS] = {0}, before[JPEG_SCAN_COMPONENTS] = {0};
  for (uint32_t row = 0; row < scan->rows; row++) {
    if (row < top || row >= bottom) {
      if (!skip_units(scan, &reader, dc, scan->columns)) return 0;
      continue;
    }
    if (!skip_units(scan, &reader, dc, first)) return 0;
    if (!cut_first_unit(scan, &reader, dc, before, output)) return 0;
    size_t start = jpeg_scan_position(scan, &reader);
    if (!skip_units(scan, &reader, dc, end - first - 1)) return 0;
    size_t stop = jpeg_scan_position(scan, &reader);
    if (stop > scan->byte_count * 8) return 0;
    copy_bits(output, scan->bytes, start, stop);
    memcpy(before, dc, sizeof before);
    if (!skip_units(scan, &reader, dc, scan->columns - end)) return 0;
  }
  return jpeg_scan_is_complete(scan, &reader);
}

// Copies the segments that describe the scan, with the new size.
static size_t copy_header(uint8_t *to, const uint8_t *file, size_t header, ci_rectangle rectangle) {
  size_t made = 0, at = 2;
  to[made++] = 0xff;
  to[made++] = 0xd8;
  while (at + 4 <= header) {
    if (file[at] != 0xff) return 0;
    uint8_t marker = file[at + 1];
    if (marker == 0xff) {
      at++;
      continue;
    }
    size_t size = 2 + ((size_t)file[at + 2] << 8 | file[at + 3]);
    if (at + size > header) return 0;
    int is_frame = marker == 0xc0 || marker == 0xc1;
    if (is_frame || marker == 0xc4 || marker == 0xdb || marker == 0xda) {
      memcpy(to + made, file + at, size);
      if (is_frame) {
        to[made + 5] = (uint8_t)(rectangle.height >> 8);
        to[made + 6] = (uint8_t)rectangle.height;
        to[made + 7] = (uint8_t)(rectangle.width >> 8);
        to[made + 8] = (uint8_t)rectangle.width;
      }
      made += size;
    }
    at += size;
  }
  return at == header ? made : 0;
}

// Appends coded bytes with a zero after each 0xff, and the end of the image.
static size_t stuff(uint8_t *to, const uint8_t *from, size_t count) {
  uint8_t *start = to;
  const uint8_t *end = from + count;
  while (from < end) {
    const uint8_t *marker = memchr(from, 0xff, (size_t)(end - from));
    size_t plain = (size_t)((marker ? marker + 1 : end) - from);
    memcpy(to, from, plain);
    to += plain;
    from += plain;
    if (marker) *to++ = 0;
  }
  *to++ = 0xff;
  *to++ = 0xd9;
  return (size_t)(to - start);
}

int jpeg_scan_cut(
    const jpeg_scan *scan, const uint8_t *file, size_t header, ci_rectangle rectangle, uint8_t **to, size_t *made) {
  // The first differences of rows may take 27 bits more than in the source.
  size_t room = scan->byte_count + (size_t)scan->rows * JPEG_SCAN_COMPONENTS * 4 + 64;
  bit_output output = {malloc(room), 0, 0, 0};
  if (!output.bytes) return 0;
  if (!cut_scan(scan, rectangle, &output)) {
    free(output.bytes);
    return 0;
  }
  // The last byte is filled with ones (T.81, F.1.2.3).
  if (output.pending) put(&output, 0xff >> output.pending, 8 - output.pending);
  size_t marked = 0;
  for (size_t at = 0; at < output.count; at++) marked += output.bytes[at] == 0xff;
  *to = malloc(header + output.count + marked + 2);
  size_t size = *to ? copy_header(*to, file, header, rectangle) : 0;
  if (size) *made = size + stuff(*to + size, output.bytes, output.count);
  free(output.bytes);
  if (!size) {
    free(*to);
    *to = NULL;
  }
  return size != 0;
}
