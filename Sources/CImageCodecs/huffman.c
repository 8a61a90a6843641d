// Builds prefix codes of limited length.
#include "huffman.h"

#include <stdlib.h>
#include <string.h>

// A symbol and how often it occurs in one number, so that sorting is simple and has one result only.
static int by_count(const void *a, const void *b) {
  uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
  return (left > right) - (left < right);
}

// The depths of the leaves of a Huffman tree, for counts in ascending order, in place: Moffat and Katajainen, "In-place
// calculation of minimum-redundancy codes" (WADS 1995).
static void leaf_depths(uint32_t *tree, int count) {
  int leaf = 0, root = 0;
  for (int next = 0; next < count - 1; next++) {
    for (int side = 0; side < 2; side++) {
      uint32_t weight;
      if (leaf >= count || (root < next && tree[root] < tree[leaf])) {
        weight = tree[root];
        tree[root++] = (uint32_t)next;
      } else {
        weight = tree[leaf++];
      }
      tree[next] = side == 0 ? weight : tree[next] + weight;
    }
  }
  tree[count - 2] = 0;
  for (int next = count - 3; next >= 0; next--) tree[next] = tree[tree[next]] + 1;
  int available = 1, used = 0, at = count - 1;
  root = count - 2;
  for (uint32_t depth = 0; available > 0; depth++) {
    while (root >= 0 && tree[root] == depth) {
      used++;
      root--;
    }
    while (available > used) {
      tree[at--] = depth;
      available--;
    }
    available = 2 * used;
    used = 0;
  }
}

static uint16_t reversed(unsigned code, int length) {
  unsigned result = 0;
  for (int bit = 0; bit < length; bit++) result |= (code >> bit & 1) << (length - 1 - bit);
  return (uint16_t)result;
}

void huffman_build(const uint32_t *counts, int symbols, int limit, uint8_t *lengths, uint16_t *codes) {
  uint64_t sorted[HUFFMAN_MOST_SYMBOLS];
  uint32_t tree[HUFFMAN_MOST_SYMBOLS];
  int used = 0;
  memset(lengths, 0, (size_t)symbols);
  for (int symbol = 0; symbol < symbols; symbol++) {
    if (counts[symbol]) sorted[used++] = (uint64_t)counts[symbol] << 16 | (unsigned)symbol;
  }
  if (used < 2) {
    // A tree needs two leaves; a single symbol takes one bit.
    for (int index = 0; index < used; index++) {
      lengths[sorted[index] & 0xffff] = 1;
      codes[sorted[index] & 0xffff] = 0;
    }
    return;
  }
  qsort(sorted, (size_t)used, sizeof *sorted, by_count);
  for (int index = 0; index < used; index++) tree[index] = (uint32_t)(sorted[index] >> 16);
  leaf_depths(tree, used);
  // How many codes of each length, those beyond the limit cut to it.
  int sizes[16] = {0};
  for (int index = 0; index < used; index++) sizes[tree[index] < (uint32_t)limit ? tree[index] : (uint32_t)limit]++;
  // Cutting takes more room than there is: for each code too many, a shorter one becomes longer by one bit and makes
  // room for a second one beside it.
  uint32_t room = 1u << limit, taken = 0;
  for (int length = 1; length <= limit; length++) taken += (uint32_t)sizes[length] << (limit - length);
  while (taken > room) {
    int length = limit - 1;
    while (sizes[length] == 0) length--;
    sizes[length]--;
    sizes[length + 1] += 2;
    sizes[limit]--;
    taken--;
  }
  // The rarest symbols get the longest codes.
  int index = 0;
  for (int length = limit; length > 0; length--) {
    for (int number = 0; number < sizes[length]; number++) lengths[sorted[index++] & 0xffff] = (uint8_t)length;
  }
  unsigned next[17] = {0};
  for (int length = 1; length <= limit; length++) next[length + 1] = (next[length] + (unsigned)sizes[length]) << 1;
  for (int symbol = 0; symbol < symbols; symbol++) {
    if (lengths[symbol]) codes[symbol] = reversed(next[lengths[symbol]]++, lengths[symbol]);
  }
}
