// Cuts rectangles out of components that may be half as wide and high as the image.
#include "jpeg_planes.h"

#include <stdlib.h>
#include <string.h>

#include "png_rows.h"

int jpeg_planes_fit(const struct jpeg_decompress_struct *decoder) {
  if (decoder->num_components > JPEG_SCAN_COMPONENTS) return 0;
  for (int index = 0; index < decoder->num_components; index++) {
    const jpeg_component_info *each = &decoder->comp_info[index];
    int across = decoder->max_h_samp_factor, down = decoder->max_v_samp_factor;
    if (across != each->h_samp_factor && across != each->h_samp_factor * 2) return 0;
    if (down != each->v_samp_factor && down != each->v_samp_factor * 2) return 0;
  }
  return 1;
}

// Where the samples of a rectangle begin in one direction, and whether each is the mean of two neighbours. Only those from
// `first` to `last` have pixels of the rectangle.
typedef struct {
  int64_t start, first, last;
  int is_between;
} sample_phase;

// The first displayed pixel of the rectangle is the first one of a sample: on the other side when it is flipped.
static sample_phase phase_of(uint32_t start, uint32_t size, uint32_t ratio, int is_flipped) {
  int64_t count = (size + ratio - 1) / ratio, end = (int64_t)start + size;
  sample_phase phase = {start / ratio, start / ratio, (end - 1) / ratio, 0};
  if (ratio == 1) return phase;
  phase.is_between = (is_flipped ? end : start) % 2;
  if (is_flipped) phase.start = end / 2 - count;
  return phase;
}

static inline size_t clamped(int64_t at, sample_phase phase) {
  return (size_t)(at < phase.first ? phase.first : at > phase.last ? phase.last : at);
}

PNG_VECTORISED static void mix(
    uint8_t *to, const uint8_t *near, const uint8_t *far, size_t beside, size_t count) {
  for (size_t at = 0; at < count; at++) {
    to[at] = (uint8_t)((near[at] + near[at + beside] + far[at] + far[at + beside] + 2) >> 2);
  }
}

// One row of samples between two rows of a plane, which may be the same.
static void mix_row(
    uint8_t *to, const jpeg_plane *plane, const uint8_t *near, const uint8_t *far, sample_phase phase, size_t count) {
  if (near == far && !phase.is_between) {
    memcpy(to, near + (phase.start - plane->left), count);
    return;
  }
  // At the rectangle's edges there may be no neighbour; a sample stands for it.
  for (size_t at = 0; at < count; at += count > 1 ? count - 1 : 1) {
    size_t left = clamped(phase.start + (int64_t)at, phase) - plane->left;
    size_t right = clamped(phase.start + (int64_t)at + phase.is_between, phase) - plane->left;
    to[at] = (uint8_t)((near[left] + near[right] + far[left] + far[right] + 2) >> 2);
  }
  if (count > 2) {
    size_t first = (size_t)(phase.start + 1 - plane->left);
    mix(to + 1, near + first, far + first, (size_t)phase.is_between, count - 2);
  }
}

static size_t whole_blocks(size_t width) { return (width + DCTSIZE - 1) / DCTSIZE * DCTSIZE; }

// Repeats the last sample of each row up to the end of its block.
static void pad_rows(const jpeg_plane *plane) {
  size_t padded = whole_blocks(plane->width);
  for (size_t y = 0; y < plane->height; y++) {
    uint8_t *end = plane->samples + plane->stride * y + plane->width;
    memset(end, end[-1], padded - plane->width);
  }
}

// The samples of a rectangle of one component as stored, in new memory.
static int mix_plane(const jpeg_plane *plane, sample_phase across, sample_phase down, jpeg_plane *to) {
  to->stride = whole_blocks(to->width);
  to->memory = to->samples = malloc(to->stride * to->height);
  if (!to->memory) return 0;
  for (size_t y = 0; y < to->height; y++) {
    size_t near = clamped(down.start + (int64_t)y, down) - plane->top;
    size_t far = clamped(down.start + (int64_t)y + down.is_between, down) - plane->top;
    mix_row(
        to->samples + to->stride * y, plane, plane->samples + plane->stride * near,
        plane->samples + plane->stride * far, across, to->width);
  }
  return 1;
}

static int turn_plane(jpeg_plane *plane, ci_turning turn) {
  uint32_t width = turn.swaps ? plane->height : plane->width, height = turn.swaps ? plane->width : plane->height;
  size_t stride = whole_blocks(width);
  uint8_t *turned = malloc(stride * height);
  if (!turned) return 0;
  ci_turn(plane->samples, plane->stride, plane->width, plane->height, 1, turn, turned);
  // They lie without gaps: moved apart from the last row on.
  for (size_t y = height; y-- > 0;) memmove(turned + stride * y, turned + width * y, width);
  free(plane->memory);
  plane->memory = plane->samples = turned;
  plane->stride = stride;
  plane->width = width;
  plane->height = height;
  uint32_t across = plane->across;
  plane->across = turn.swaps ? plane->down : across;
  plane->down = turn.swaps ? across : plane->down;
  return 1;
}

static int cut_plane(jpeg_plane *from, ci_rectangle rectangle, ci_turning turn, jpeg_plane *to) {
  int flips_columns = turn.swaps ? turn.flips_down : turn.flips_across;
  int flips_rows = turn.swaps ? turn.flips_across : turn.flips_down;
  sample_phase across = phase_of(rectangle.left, rectangle.width, from->across, flips_columns);
  sample_phase down = phase_of(rectangle.top, rectangle.height, from->down, flips_rows);
  to->width = (rectangle.width + from->across - 1) / from->across;
  to->height = (rectangle.height + from->down - 1) / from->down;
  to->across = from->across;
  to->down = from->down;
  if (across.is_between || down.is_between) return mix_plane(from, across, down, to);
  to->memory = from->memory;
  from->memory = NULL;
  to->stride = from->stride;
  to->samples = from->samples + (down.start - from->top) * (int64_t)from->stride + (across.start - from->left);
  return 1;
}

int jpeg_planes_cut(jpeg_planes *planes, ci_rectangle rectangle, ci_turning turn, jpeg_planes *cut) {
  memset(cut, 0, sizeof *cut);
  cut->count = planes->count;
  for (int index = 0; index < planes->count; index++) {
    jpeg_plane *plane = &cut->planes[index];
    if (!cut_plane(&planes->planes[index], rectangle, turn, plane)) return 0;
    if ((turn.swaps || turn.flips_across || turn.flips_down) && !turn_plane(plane, turn)) return 0;
    pad_rows(plane);
  }
  return 1;
}

void jpeg_planes_free(jpeg_planes *planes) {
  for (int index = 0; index < JPEG_SCAN_COMPONENTS; index++) free(planes->planes[index].memory);
  memset(planes, 0, sizeof *planes);
}
