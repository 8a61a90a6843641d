// Huffman decoding with a table that knows numbers as well as codes.
#include "jpeg_scan.h"

#include <stdlib.h>
#include <string.h>

// A block takes 216 bytes at the most: that many are readable behind the last one.
enum { SLACK = 512, END_STEP = 128 };

// Where each coefficient in zigzag order is in rows.
static const uint8_t rows_order[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                       12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                       35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                       58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

// A number of `size` bits as T.81, F.2.2.1, writes it: those whose first bit is 0 are negative.
static inline int extend(unsigned bits, int size) {
  return size == 0 ? 0 : bits < 1u << (size - 1) ? (int)bits - (1 << size) + 1 : (int)bits;
}

// The entries of a symbol's numbers, as far as they fit.
static void fill(jpeg_scan_table *table, unsigned code, int length, int symbol, int is_dc) {
  int run = is_dc ? 0 : symbol >> 4, size = is_dc ? symbol : symbol & 15;
  int rest = JPEG_SCAN_LOOK - length - size;
  if (rest < 0) return;
  for (unsigned bits = 0; bits < 1u << size; bits++) {
    jpeg_scan_entry entry = {
        .value = (int16_t)extend(bits, size),
        .step = (uint8_t)(is_dc || symbol != 0 ? run + 1 : END_STEP),
        .used = (uint8_t)(length + size),
    };
    unsigned first = (code << size | bits) << rest;
    for (unsigned index = 0; index < 1u << rest; index++) table->entries[first + index] = entry;
  }
}

// Follows the entries through all bits of each index.
static void build_leaps(jpeg_scan_table *table) {
  for (unsigned index = 0; index < 1u << JPEG_SCAN_SKIP_LOOK; index++) {
    jpeg_scan_leap *leap = &table->leaps[index];
    while (!leap->ends) {
      // The bits that are left, and zeros where nothing is known.
      unsigned rest = index << leap->used & ((1u << JPEG_SCAN_SKIP_LOOK) - 1);
      jpeg_scan_entry entry = table->entries[rest >> (JPEG_SCAN_SKIP_LOOK - JPEG_SCAN_LOOK)];
      if (entry.used == 0 || leap->used + entry.used > JPEG_SCAN_SKIP_LOOK) break;
      leap->used = (uint8_t)(leap->used + entry.used);
      leap->ends = entry.step == END_STEP;
      if (!leap->ends) leap->step = (uint8_t)(leap->step + entry.step);
    }
  }
}

// Builds a table from the counts and symbols of a file; returns 0 for one that no usual image has.
static int build(jpeg_scan_table *table, const JHUFF_TBL *from, int is_dc) {
  unsigned code = 0;
  int index = 0;
  memset(table, 0, sizeof *table);
  for (int length = 1; length <= 16; length++) {
    int count = from->bits[length];
    if (index + count > 256 || code + (unsigned)count > 1u << length) return 0;
    table->offsets[length] = index - (int)code;
    for (int number = 0; number < count; number++, index++, code++) {
      int symbol = from->huffval[index];
      // Sizes that numbers of 8-bit images cannot have, and runs to no number.
      if (is_dc ? symbol > 11 : (symbol & 15) > 10 || ((symbol & 15) == 0 && symbol != 0 && symbol != 0xf0)) return 0;
      table->symbols[index] = (uint8_t)symbol;
      table->codes[symbol] = (uint16_t)code;
      table->lengths[symbol] = (uint8_t)length;
      fill(table, code, length, symbol, is_dc);
    }
    table->largest[length] = count ? (int)code - 1 : -1;
    code <<= 1;
  }
  if (!is_dc) build_leaps(table);
  return 1;
}

static inline void refill(jpeg_scan_reader *reader) {
  uint64_t next;
  memcpy(&next, reader->next, 8);
  reader->bits |= __builtin_bswap64(next) >> reader->count;
  reader->next += (63 - reader->count) >> 3;
  reader->count |= 56;
}

// A number that the table does not hold, found by its code; takes at most 27 bits. By value, so that the reader can stay
// in the processor's registers. `step` is 0 for a code that is none.
typedef struct {
  int16_t value;
  uint8_t step, used;
} long_number;

static __attribute__((noinline)) long_number find_long(const jpeg_scan_table *table, uint64_t bits, int is_dc) {
  for (int length = 1; length <= 16; length++) {
    int code = (int)(bits >> (64 - length));
    if (code > table->largest[length]) continue;
    int symbol = table->symbols[code + table->offsets[length]], size = is_dc ? symbol : symbol & 15;
    unsigned number = (unsigned)(bits << length >> 1 >> (63 - size));
    int step = is_dc ? 1 : symbol == 0 ? END_STEP : (symbol >> 4) + 1;
    return (long_number){(int16_t)extend(number, size), (uint8_t)step, (uint8_t)(length + size)};
  }
  return (long_number){0, 0, 0};
}

// Reads one number; `step` is how many places further it is, 0 for damage.
static inline __attribute__((always_inline)) int read_number(
    const jpeg_scan_table *table, jpeg_scan_reader *reader, int is_dc, int *step) {
  jpeg_scan_entry entry = table->entries[reader->bits >> (64 - JPEG_SCAN_LOOK)];
  if (__builtin_expect(entry.used == 0, 0)) {
    long_number found = find_long(table, reader->bits, is_dc);
    reader->bits <<= found.used;
    reader->count -= found.used;
    *step = found.step;
    return found.value;
  }
  reader->bits <<= entry.used;
  reader->count -= entry.used;
  *step = entry.step;
  return entry.value;
}

static inline __attribute__((always_inline)) int read_block(
    const jpeg_scan *scan, int component, jpeg_scan_reader *reader, int *dc, jpeg_scan_block *block) {
  const jpeg_scan_component *each = &scan->components[component];
  jpeg_scan_reader local = *reader;
  int step;
  if (local.next > scan->bytes + scan->byte_count + 8) return -1;
  refill(&local);
  if (dc) {
    *dc += read_number(&scan->dc[each->dc_table], &local, 1, &step);
    if (!step) return -1;
    if (block) block->values[0] = (int16_t)(*dc * each->steps[0]);
  }
  const jpeg_scan_table *table = &scan->ac[each->ac_table];
  const uint16_t *steps = each->steps;
  int at = 1;
  while (at < 64) {
    if (local.count < 32) refill(&local);
    if (!block) {
      jpeg_scan_leap leap = table->leaps[local.bits >> (64 - JPEG_SCAN_SKIP_LOOK)];
      // Bits beyond the block's last place are another block's: one number at a time there.
      if (__builtin_expect(leap.used != 0 && at + leap.step + leap.ends <= 64, 1)) {
        local.bits <<= leap.used;
        local.count -= leap.used;
        at = leap.ends ? END_STEP + 1 : at + leap.step;
        continue;
      }
    }
    int value = read_number(table, &local, 0, &step);
    if (!step) return -1;
    at += step;
    if (block && at <= 64) {
      int place = rows_order[at - 1];
      block->values[place] = (int16_t)(value * steps[place]);
    }
  }
  *reader = local;
  return at == 64 || at > END_STEP ? 0 : -1;
}

int jpeg_scan_read(
    const jpeg_scan *scan, int component, jpeg_scan_reader *reader, int *dc, jpeg_scan_block *block) {
  memset(block, 0, sizeof *block);
  return read_block(scan, component, reader, dc, block);
}

int jpeg_scan_skip(const jpeg_scan *scan, int component, jpeg_scan_reader *reader, int *dc) {
  return read_block(scan, component, reader, dc, NULL);
}

int jpeg_scan_skip_unit(const jpeg_scan *scan, jpeg_scan_reader *reader, int *dc) {
  for (int index = 0; index < scan->block_count; index++) {
    int component = scan->blocks[index];
    if (read_block(scan, component, reader, &dc[component], NULL) != 0) return -1;
  }
  return 0;
}

int jpeg_scan_skip_ac(const jpeg_scan *scan, int component, jpeg_scan_reader *reader) {
  return read_block(scan, component, reader, NULL, NULL);
}

int jpeg_scan_skip_dc(const jpeg_scan *scan, int component, jpeg_scan_reader *reader, int *dc) {
  int step;
  if (reader->next > scan->bytes + scan->byte_count + 8) return -1;
  refill(reader);
  *dc += read_number(&scan->dc[scan->components[component].dc_table], reader, 1, &step);
  return step ? 0 : -1;
}

jpeg_scan_reader jpeg_scan_start(const jpeg_scan *scan) {
  jpeg_scan_reader reader = {0, 0, scan->bytes};
  return reader;
}

size_t jpeg_scan_position(const jpeg_scan *scan, const jpeg_scan_reader *reader) {
  return (size_t)(reader->next - scan->bytes) * 8 - (size_t)reader->count;
}

int jpeg_scan_is_complete(const jpeg_scan *scan, const jpeg_scan_reader *reader) {
  size_t position = jpeg_scan_position(scan, reader), end = scan->byte_count * 8;
  return position <= end && end - position < 8;
}

// Copies the coded bytes up to the end of the image, without the zero that follows each 0xff. Returns 0 when there is
// another marker than the end.
static int unstuff(jpeg_scan *scan, const uint8_t *from, size_t count) {
  const uint8_t *end = from + count;
  scan->bytes = malloc(count + SLACK);
  if (!scan->bytes) return 0;
  uint8_t *to = scan->bytes;
  while (1) {
    const uint8_t *marker = memchr(from, 0xff, (size_t)(end - from));
    if (!marker || marker + 1 >= end) return 0;
    memcpy(to, from, (size_t)(marker - from));
    to += marker - from;
    if (marker[1] == 0xd9) {
      from = marker + 2;
      break;
    }
    if (marker[1] != 0) return 0;
    *to++ = 0xff;
    from = marker + 2;
  }
  scan->byte_count = (size_t)(to - scan->bytes);
  scan->trailing = (size_t)(end - from);
  // What may be read beyond the end, in one refill after another, is never taken for pixels: positions are checked.
  memset(to, 0, SLACK);
  return 1;
}

static int is_usual(const struct jpeg_decompress_struct *decoder) {
  return !decoder->progressive_mode && !decoder->arith_code && decoder->data_precision == 8 &&
         decoder->restart_interval == 0 && decoder->comps_in_scan == decoder->num_components &&
         decoder->num_components <= JPEG_SCAN_COMPONENTS && decoder->Ss == 0 && decoder->Se == 63 &&
         decoder->Ah == 0 && decoder->Al == 0;
}

static int take_components(jpeg_scan *scan, j_decompress_ptr decoder) {
  scan->component_count = decoder->num_components;
  int is_single = scan->component_count == 1;
  for (int index = 0; index < scan->component_count; index++) {
    const jpeg_component_info *info = decoder->cur_comp_info[index];
    // In the order of the frame, so that blocks and planes go together.
    if (info != &decoder->comp_info[index]) return 0;
    if (info->quant_tbl_no > 3 || info->dc_tbl_no > 3 || info->ac_tbl_no > 3) return 0;
    if (!decoder->quant_tbl_ptrs[info->quant_tbl_no]) return 0;
    jpeg_scan_component *each = &scan->components[index];
    each->across = is_single ? 1 : info->h_samp_factor;
    each->down = is_single ? 1 : info->v_samp_factor;
    each->dc_table = info->dc_tbl_no;
    each->ac_table = info->ac_tbl_no;
    each->steps = decoder->quant_tbl_ptrs[info->quant_tbl_no]->quantval;
    const JHUFF_TBL *dc = decoder->dc_huff_tbl_ptrs[each->dc_table], *ac = decoder->ac_huff_tbl_ptrs[each->ac_table];
    if (!dc || !ac || !build(&scan->dc[each->dc_table], dc, 1) || !build(&scan->ac[each->ac_table], ac, 0)) return 0;
    if (each->across > scan->most_across) scan->most_across = each->across;
    if (each->down > scan->most_down) scan->most_down = each->down;
    for (int block = 0; block < each->across * each->down; block++) {
      if (scan->block_count == JPEG_SCAN_MCU_BLOCKS) return 0;
      scan->blocks[scan->block_count++] = index;
    }
  }
  return 1;
}

jpeg_scan *jpeg_scan_open(j_decompress_ptr decoder) {
  if (!is_usual(decoder)) return NULL;
  jpeg_scan *scan = calloc(1, sizeof *scan);
  if (!scan) return NULL;
  if (!take_components(scan, decoder) || !unstuff(scan, decoder->src->next_input_byte, decoder->src->bytes_in_buffer)) {
    jpeg_scan_close(scan);
    return NULL;
  }
  scan->unit_width = (uint32_t)scan->most_across * DCTSIZE;
  scan->unit_height = (uint32_t)scan->most_down * DCTSIZE;
  scan->columns = (decoder->image_width + scan->unit_width - 1) / scan->unit_width;
  scan->rows = (decoder->image_height + scan->unit_height - 1) / scan->unit_height;
  return scan;
}

void jpeg_scan_close(jpeg_scan *scan) {
  if (!scan) return;
  free(scan->bytes);
  free(scan);
}
