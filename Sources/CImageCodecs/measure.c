// Sums over the pixels of a small image. All are of whole numbers, so that no order of adding changes them.
#include "CImageCodecs.h"

#include <stdlib.h>
#include <string.h>

#include "png_rows.h"

// The image as luma (0 to 255) and the colour differences R − G and R + G − 2 B.
typedef struct {
  size_t width, height;
  int16_t *luma, *red_green, *yellow_blue;
} planes;

// One row. `channels` is a constant where it is called, so that the loop becomes vectors.
static inline __attribute__((always_inline)) void split_row(
    const uint8_t *pixels, size_t channels, size_t width, int16_t *luma, int16_t *red_green, int16_t *yellow_blue) {
  for (size_t x = 0; x < width; x++, pixels += channels) {
    int32_t red = pixels[0], green = pixels[1], blue = pixels[2];
    luma[x] = (int16_t)((uint32_t)(2126 * red + 7152 * green + 722 * blue + 5000) / 10000u);
    red_green[x] = (int16_t)(red - green);
    yellow_blue[x] = (int16_t)(red + green - 2 * blue);
  }
}

PNG_VECTORISED static void split(const uint8_t *pixels, size_t channels, const planes *image) {
  size_t count = image->width * image->height;
  if (channels == 3) {
    split_row(pixels, 3, count, image->luma, image->red_green, image->yellow_blue);
  } else {
    split_row(pixels, 4, count, image->luma, image->red_green, image->yellow_blue);
  }
}

// Adds so many values that their squares fit 32 bits: no value is beyond ±1,020.
enum { MOST_SQUARES = 2048 };

PNG_VECTORISED static void add_moments(const int16_t *values, size_t count, ci_moments *moments) {
  int32_t sum = 0;
  uint32_t squares = 0;
  for (size_t at = 0; at < count; at++) {
    int32_t value = values[at];
    sum += value;
    squares += (uint32_t)(value * value);
  }
  moments->count += (int64_t)count;
  moments->sum += sum;
  moments->squares += squares;
}

static ci_moments moments(const int16_t *values, size_t count) {
  ci_moments result = {0, 0, 0};
  for (size_t done = 0; done < count; done += MOST_SQUARES) {
    add_moments(values + done, count - done < MOST_SQUARES ? count - done : MOST_SQUARES, &result);
  }
  return result;
}

PNG_VECTORISED static void laplacian_row(const int16_t *middle, size_t width, int16_t *to) {
  const int16_t *above = middle - width, *below = middle + width;
  for (size_t x = 1; x + 1 < width; x++) {
    to[x - 1] = (int16_t)(above[x] + below[x] + middle[x - 1] + middle[x + 1] - 4 * middle[x]);
  }
}

// The Laplacian (0 1 0, 1 −4 1, 0 1 0) of all pixels but those at the edges; `row` has room for a row.
static ci_moments laplacian(const planes *image, int16_t *row) {
  ci_moments result = {0, 0, 0};
  if (image->width < 3 || image->height < 3) return result;
  size_t width = image->width;
  for (size_t y = 1; y + 1 < image->height; y++) {
    laplacian_row(image->luma + y * width, width, row);
    ci_moments part = moments(row, width - 2);
    result.count += part.count;
    result.sum += part.sum;
    result.squares += part.squares;
  }
  return result;
}

// The squared distance of each pixel, summed over 3 × 3 pixels, from nine times the mean; one row. The rows above and
// below may be the same one. `column` has room for a row and a value on either side.
PNG_VECTORISED static void add_saliency_row(
    const int16_t *above, const int16_t *middle, const int16_t *below, size_t width, int32_t mean, int32_t *column,
    uint32_t *saliency) {
  for (size_t x = 0; x < width; x++) column[x + 1] = above[x] + middle[x] + below[x];
  // Pixels at the edges are repeated.
  column[0] = column[1];
  column[width + 1] = column[width];
  for (size_t x = 0; x < width; x++) {
    int32_t distance = column[x] + column[x + 1] + column[x + 2] - mean;
    saliency[x] += (uint32_t)(distance * distance);
  }
}

// Adds up a plane's part of the saliency: at most 9,180² for each pixel, so that three fit 32 bits.
static void add_saliency(const planes *image, const int16_t *plane, int64_t sum, int32_t *column, uint32_t *saliency) {
  size_t width = image->width, height = image->height;
  int32_t mean = (int32_t)(sum * 9 / (int64_t)(width * height));
  for (size_t y = 0; y < height; y++) {
    const int16_t *middle = plane + y * width;
    const int16_t *above = y > 0 ? middle - width : middle;
    const int16_t *below = y + 1 < height ? middle + width : middle;
    add_saliency_row(above, middle, below, width, mean, column, saliency + y * width);
  }
}

PNG_VECTORISED static void add_columns(int64_t *columns, const uint32_t *values, size_t count) {
  for (size_t x = 0; x < count; x++) columns[x] += values[x];
}

PNG_VECTORISED static void take_columns(int64_t *columns, const uint32_t *values, size_t count) {
  for (size_t x = 0; x < count; x++) columns[x] -= values[x];
}

// The first square of `side` pixels, row by row, with the greatest sum. `columns` has room for a row, and is zero.
static void find_window(const planes *image, const uint32_t *saliency, size_t side, int64_t *columns, ci_figures *figures) {
  size_t width = image->width, height = image->height;
  int64_t best = -1;
  for (size_t y = 0; y < height; y++) {
    add_columns(columns, saliency + y * width, width);
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
    take_columns(columns, saliency + (y + 1 - side) * width, width);
  }
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

PNG_VECTORISED static int64_t sum_of(const int16_t *values, size_t count) {
  int32_t sum = 0;
  for (size_t at = 0; at < count; at++) sum += values[at];
  return sum;
}

// Luma summed over areas of equal size, each pixel weighed by what of it lies in the area.
static void sum_areas(const planes *image, ci_figures *figures) {
  const size_t across = CI_AREAS_ACROSS, down = CI_AREAS_DOWN;
  size_t width = image->width, height = image->height;
  for (size_t y = 0; y < height; y++) {
    const int16_t *row = image->luma + y * width;
    int64_t sums[CI_AREAS_ACROSS];
    for (size_t column = 0; column < across; column++) {
      size_t begin = column * width, end = begin + width, first = begin / across, last = (end - 1) / across;
      if (first == last) {
        sums[column] = row[first] * (int64_t)width;
        continue;
      }
      sums[column] = row[first] * (int64_t)((first + 1) * across - begin) + row[last] * (int64_t)(end - last * across) +
                     sum_of(row + first + 1, last - first - 1) * (int64_t)across;
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
  // For the columns of the saliency, a value more on either side.
  int64_t *row = calloc(width + 2, sizeof *row);
  int status = CI_MEMORY;
  if (samples != NULL && saliency != NULL && row != NULL) {
    planes image = {width, height, samples, samples + count, samples + 2 * count};
    split(raster->pixels, raster->channels, &image);
    for (size_t at = 0; at < count; at++) figures->histogram[image.luma[at]]++;
    figures->luma = moments(image.luma, count);
    figures->red_green = moments(image.red_green, count);
    figures->yellow_blue = moments(image.yellow_blue, count);
    figures->laplacian = laplacian(&image, (int16_t *)row);
    add_saliency(&image, image.luma, figures->luma.sum, (int32_t *)row, saliency);
    add_saliency(&image, image.red_green, figures->red_green.sum, (int32_t *)row, saliency);
    add_saliency(&image, image.yellow_blue, figures->yellow_blue.sum, (int32_t *)row, saliency);
    memset(row, 0, (width + 2) * sizeof *row);
    find_window(&image, saliency, side, row, figures);
    sum_areas(&image, figures);
    status = CI_OK;
  }
  free(samples);
  free(saliency);
  free(row);
  return status;
}
