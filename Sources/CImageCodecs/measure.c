// Sums over the pixels of a small image. All are of whole numbers, so that no order of adding changes them.
#include "CImageCodecs.h"

#include <stdlib.h>
#include <string.h>

// The image as luma (0 to 255) and the colour differences R − G and R + G − 2 B.
typedef struct {
  size_t width, height;
  int16_t *luma, *red_green, *yellow_blue;
} planes;

static void split(const uint8_t *pixels, size_t channels, planes *image, ci_figures *figures) {
  size_t count = image->width * image->height;
  for (size_t at = 0; at < count; at++, pixels += channels) {
    int32_t red = pixels[0], green = pixels[1], blue = pixels[2];
    image->luma[at] = (int16_t)((2126u * (uint32_t)red + 7152u * (uint32_t)green + 722u * (uint32_t)blue + 5000u) / 10000u);
    image->red_green[at] = (int16_t)(red - green);
    image->yellow_blue[at] = (int16_t)(red + green - 2 * blue);
  }
  for (size_t at = 0; at < count; at++) figures->histogram[image->luma[at]]++;
}

static ci_moments moments(const int16_t *values, size_t count) {
  ci_moments result = {(int64_t)count, 0, 0};
  while (count > 0) {
    // So many that their squares fit 32 bits: no value is beyond ±1,020.
    size_t some = count < 2048 ? count : 2048;
    int32_t sum = 0;
    uint32_t squares = 0;
    for (size_t at = 0; at < some; at++) {
      int32_t value = values[at];
      sum += value;
      squares += (uint32_t)(value * value);
    }
    result.sum += sum;
    result.squares += squares;
    values += some;
    count -= some;
  }
  return result;
}

// The Laplacian (0 1 0, 1 −4 1, 0 1 0) of all pixels but those at the edges; `row` has room for a row.
static ci_moments laplacian(const planes *image, int16_t *row) {
  ci_moments result = {0, 0, 0};
  if (image->width < 3 || image->height < 3) return result;
  size_t width = image->width;
  for (size_t y = 1; y + 1 < image->height; y++) {
    const int16_t *middle = image->luma + y * width;
    const int16_t *above = middle - width, *below = middle + width;
    for (size_t x = 1; x + 1 < width; x++) {
      row[x - 1] = (int16_t)(above[x] + below[x] + middle[x - 1] + middle[x + 1] - 4 * middle[x]);
    }
    ci_moments part = moments(row, width - 2);
    result.count += part.count;
    result.sum += part.sum;
    result.squares += part.squares;
  }
  return result;
}

// Adds the squared distance of each pixel, summed over 3 × 3 pixels with those at the edges repeated, from nine times the
// mean. At most 9,180² for each plane, so that three fit 32 bits. `column` has room for a row.
static void add_saliency(const planes *image, const int16_t *plane, int64_t sum, int32_t *column, uint32_t *saliency) {
  size_t width = image->width, height = image->height;
  int32_t mean = (int32_t)(sum * 9 / (int64_t)(width * height));
  for (size_t y = 0; y < height; y++) {
    const int16_t *middle = plane + y * width;
    const int16_t *above = y > 0 ? middle - width : middle;
    const int16_t *below = y + 1 < height ? middle + width : middle;
    for (size_t x = 0; x < width; x++) column[x] = above[x] + middle[x] + below[x];
    uint32_t *to = saliency + y * width;
    for (size_t x = 0; x < width; x++) {
      size_t left = x > 0 ? x - 1 : x, right = x + 1 < width ? x + 1 : x;
      int32_t distance = column[left] + column[x] + column[right] - mean;
      to[x] += (uint32_t)(distance * distance);
    }
  }
}

// The first square of `side` pixels, row by row, with the greatest sum. `columns` has room for a row, and is zero.
static void find_window(const planes *image, const uint32_t *saliency, size_t side, int64_t *columns, ci_figures *figures) {
  size_t width = image->width, height = image->height;
  int64_t best = -1;
  for (size_t y = 0; y < height; y++) {
    for (size_t x = 0; x < width; x++) columns[x] += saliency[y * width + x];
    if (y + 1 < side) continue;
    int64_t sum = 0;
    for (size_t x = 0; x < width; x++) {
      sum += columns[x];
      if (x + 1 < side) continue;
      if (sum > best) {
        best = sum;
        figures->window_left = x + 1 - side;
        figures->window_top = y + 1 - side;
      }
      sum -= columns[x + 1 - side];
    }
    const uint32_t *oldest = saliency + (y + 1 - side) * width;
    for (size_t x = 0; x < width; x++) columns[x] -= oldest[x];
  }
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

// Luma summed over areas of equal size, each pixel weighed by what of it lies in the area.
static void sum_areas(const planes *image, ci_figures *figures) {
  const size_t across = CI_AREAS_ACROSS, down = CI_AREAS_DOWN;
  size_t width = image->width, height = image->height;
  for (size_t y = 0; y < height; y++) {
    const int16_t *row = image->luma + y * width;
    int64_t sums[CI_AREAS_ACROSS] = {0};
    for (size_t column = 0; column < across; column++) {
      size_t begin = column * width, end = begin + width;
      for (size_t x = begin / across; x * across < end; x++) {
        sums[column] += row[x] * (int64_t)(smaller((x + 1) * across, end) - larger(x * across, begin));
      }
    }
    for (size_t area = y * down / height; area < down && area * height < (y + 1) * down; area++) {
      int64_t high = (int64_t)(smaller((y + 1) * down, (area + 1) * height) - larger(y * down, area * height));
      for (size_t column = 0; column < across; column++) figures->areas[area * across + column] += sums[column] * high;
    }
  }
}

int ci_measure(const ci_raster *raster, size_t side, ci_figures *figures) {
  size_t width = raster->width, height = raster->height, count = width * height;
  memset(figures, 0, sizeof *figures);
  if (count == 0 || side == 0 || side > width || side > height) return CI_CORRUPT;
  int16_t *samples = malloc(count * 3 * sizeof *samples);
  uint32_t *saliency = calloc(count, sizeof *saliency);
  int64_t *row = calloc(width, sizeof *row);
  int status = CI_MEMORY;
  if (samples != NULL && saliency != NULL && row != NULL) {
    planes image = {width, height, samples, samples + count, samples + 2 * count};
    split(raster->pixels, raster->channels, &image, figures);
    figures->luma = moments(image.luma, count);
    figures->red_green = moments(image.red_green, count);
    figures->yellow_blue = moments(image.yellow_blue, count);
    figures->laplacian = laplacian(&image, (int16_t *)row);
    add_saliency(&image, image.luma, figures->luma.sum, (int32_t *)row, saliency);
    add_saliency(&image, image.red_green, figures->red_green.sum, (int32_t *)row, saliency);
    add_saliency(&image, image.yellow_blue, figures->yellow_blue.sum, (int32_t *)row, saliency);
    memset(row, 0, width * sizeof *row);
    find_window(&image, saliency, side, row, figures);
    sum_areas(&image, figures);
    status = CI_OK;
  }
  free(samples);
  free(saliency);
  free(row);
  return status;
}
