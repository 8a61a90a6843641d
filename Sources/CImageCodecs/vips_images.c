// Images in the formats that libvips reads and writes.
#include <stdlib.h>
#include <string.h>

#include "CImageCodecs.h"
#include "vips_library.h"

static int fail(const vips_functions *vips, int code, ci_failure *failure) {
  failure->code = code;
  char *words = vips->error_buffer_copy();
  if (words) {
    strncpy(failure->message, words, sizeof failure->message - 1);
    vips->free(words);
    // One line.
    for (char *at = failure->message; *at; at++) {
      if (*at == '\n') *at = at[1] ? ';' : '\0';
    }
  }
  return code;
}

// Replaces an image by what an operation makes of it.
static void replace(const vips_functions *vips, VipsImage **image, VipsImage *by) {
  vips->object_unref(*image);
  *image = by;
}

// Decodes everything into memory, turned for display; NULL when that fails.
static VipsImage *load(const vips_functions *vips, const void *from, size_t count, int orientation) {
  VipsImage *image = vips->image_new_from_buffer(from, count, "", "fail_on", VIPS_FAIL_ON_WARNING_VALUE, NULL);
  if (!image) return NULL;
  VipsImage *decoded = vips->image_copy_memory(image);
  vips->object_unref(image);
  if (!decoded) return NULL;
  VipsImage *result = NULL;
  if (vips->copy(decoded, &result, NULL) != 0) {
    vips->object_unref(decoded);
    return NULL;
  }
  vips->object_unref(decoded);
  // As the caller read it from the file: versions of libvips differ in which blocks they look at.
  vips->image_set_int(result, "orientation", orientation);
  VipsImage *turned = NULL;
  if (vips->autorot(result, &turned, NULL) != 0) {
    vips->object_unref(result);
    return NULL;
  }
  replace(vips, &result, turned);
  return result;
}

static int save(
    const vips_functions *vips, VipsImage *image, const ci_vips_output *output, void **bytes, size_t *count) {
  switch (output->format) {
    case CI_VIPS_WEBP:
      return vips->webpsave_buffer(
          image, bytes, count, "lossless", output->is_lossless, "Q", output->quality, "alpha_q", 100, "effort", 4,
          "strip", output->is_bare, NULL);
    case CI_VIPS_TIFF:
      if (output->tile_width > 0) {
        return vips->tiffsave_buffer(
            image, bytes, count, "compression", output->compression, "predictor", output->predictor, "Q",
            output->quality, "bitdepth", output->bit_depth, "bigtiff", output->is_big, "tile", 1, "tile_width",
            output->tile_width, "tile_height", output->tile_height, NULL);
      }
      return vips->tiffsave_buffer(
          image, bytes, count, "compression", output->compression, "predictor", output->predictor, "Q",
          output->quality, "bitdepth", output->bit_depth, "bigtiff", output->is_big, NULL);
    case CI_VIPS_PNG: return vips->pngsave_buffer(image, bytes, count, "compression", 6, NULL);
    default: return vips->jpegsave_buffer(image, bytes, count, "Q", output->quality, "subsample_mode", 2, NULL);
  }
}

// Whether a file that was made decodes to the pixels that it was made of. Where both are transparent, colours may
// differ: they are `hidden` then.
static int is_equal(
    const vips_functions *vips, VipsImage *image, const void *bytes, size_t count, int *hidden) {
  VipsImage *again = vips->image_new_from_buffer(bytes, count, "", "fail_on", VIPS_FAIL_ON_WARNING_VALUE, NULL);
  if (!again) return 0;
  size_t our_count = 0, their_count = 0;
  uint8_t *ours = vips->image_write_to_memory(image, &our_count);
  uint8_t *theirs = vips->image_write_to_memory(again, &their_count);
  int bands = vips->image_get_bands(image);
  int result = ours && theirs && our_count == their_count;
  if (result && memcmp(ours, theirs, our_count) != 0) {
    size_t pixels = (size_t)vips->image_get_width(image) * (size_t)vips->image_get_height(image);
    result = bands == 4 && our_count == pixels * 4;
    for (size_t at = 0; result && at < our_count; at += 4) {
      result = (ours[at + 3] == 0 && theirs[at + 3] == 0) || memcmp(ours + at, theirs + at, 4) == 0;
    }
    *hidden = result;
  }
  vips->free(ours);
  vips->free(theirs);
  vips->object_unref(again);
  return result;
}

static int hand_over(const vips_functions *vips, void *bytes, size_t count, uint8_t **to, size_t *made) {
  *to = malloc(count);
  if (*to) memcpy(*to, bytes, count);
  *made = count;
  vips->free(bytes);
  return *to ? CI_OK : CI_MEMORY;
}

int ci_vips_crop(
    const void *from, size_t count, int orientation, ci_rectangle rectangle, const ci_vips_output *output, uint8_t **to,
    size_t *made, int *hidden, ci_failure *failure) {
  const vips_functions *vips = vips_library();
  memset(failure, 0, sizeof *failure);
  *hidden = 0;
  if (!vips) return failure->code = CI_MISSING;
  VipsImage *image = load(vips, from, count, orientation);
  if (!image) return fail(vips, CI_CORRUPT, failure);
  VipsImage *part = NULL;
  if (vips->extract_area(
          image, &part, (int)rectangle.left, (int)rectangle.top, (int)rectangle.width, (int)rectangle.height, NULL) != 0) {
    vips->object_unref(image);
    return fail(vips, CI_CORRUPT, failure);
  }
  replace(vips, &image, part);
  void *bytes = NULL;
  size_t size = 0;
  if (save(vips, image, output, &bytes, &size) != 0) {
    fail(vips, CI_UNSUPPORTED, failure);
  } else if (output->is_lossless && !is_equal(vips, image, bytes, size, hidden)) {
    vips->free(bytes);
    fail(vips, CI_UNSUPPORTED, failure);
    strncpy(failure->message, "what was written does not read back as the same pixels", sizeof failure->message - 1);
  } else {
    failure->code = hand_over(vips, bytes, size, to, made);
  }
  vips->object_unref(image);
  return failure->code;
}

int ci_vips_check(const void *from, size_t count, ci_failure *failure) {
  const vips_functions *vips = vips_library();
  memset(failure, 0, sizeof *failure);
  if (!vips) return failure->code = CI_MISSING;
  VipsImage *image = load(vips, from, count, 1);
  if (!image) return fail(vips, CI_CORRUPT, failure);
  vips->object_unref(image);
  return CI_OK;
}

int ci_vips_reduce(
    const void *from, size_t count, int orientation, size_t longest, ci_raster *raster, ci_failure *failure) {
  enum { SRGB = 22 };
  const vips_functions *vips = vips_library();
  memset(failure, 0, sizeof *failure);
  if (!vips) return failure->code = CI_MISSING;
  VipsImage *image = load(vips, from, count, orientation), *next = NULL;
  if (!image) return fail(vips, CI_CORRUPT, failure);
  // Colours are converted where a profile says what they are; without one that would only round them.
  int has_profile = vips->image_get_typeof(image, "icc-profile-data") != 0;
  if (vips->thumbnail_image(
          image, &next, (int)longest, "height", (int)longest, "size", VIPS_SIZE_DOWN_VALUE, "no_rotate", 1,
          has_profile ? "export_profile" : NULL, "srgb", NULL) != 0) {
    vips->object_unref(image);
    return fail(vips, CI_UNSUPPORTED, failure);
  }
  replace(vips, &image, next);
  if (vips->colourspace(image, &next, SRGB, NULL) != 0) {
    vips->object_unref(image);
    return fail(vips, CI_UNSUPPORTED, failure);
  }
  replace(vips, &image, next);
  raster->width = (size_t)vips->image_get_width(image);
  raster->height = (size_t)vips->image_get_height(image);
  raster->channels = (size_t)vips->image_get_bands(image);
  size_t size = 0;
  void *pixels = vips->image_write_to_memory(image, &size);
  vips->object_unref(image);
  if (!pixels) return fail(vips, CI_CORRUPT, failure);
  if ((raster->channels != 3 && raster->channels != 4) || size != raster->width * raster->height * raster->channels) {
    vips->free(pixels);
    strncpy(failure->message, "its colours cannot be shown as RGB", sizeof failure->message - 1);
    return failure->code = CI_UNSUPPORTED;
  }
  size_t copied = 0;
  failure->code = hand_over(vips, pixels, size, &raster->pixels, &copied);
  if (failure->code != CI_OK || raster->channels == 3) return failure->code;
  // As the reducers of other formats leave them.
  for (size_t at = 0; at < size; at += 4) {
    uint8_t *pixel = raster->pixels + at;
    for (int index = 0; index < 3; index++) pixel[index] = (uint8_t)((pixel[index] * pixel[3] + 127) / 255);
  }
  return CI_OK;
}

int ci_vips_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, const ci_vips_output *output, uint8_t **to, size_t *made,
    ci_failure *failure) {
  enum { UCHAR = 0, SRGB = 22 };
  const vips_functions *vips = vips_library();
  memset(failure, 0, sizeof *failure);
  if (!vips) return failure->code = CI_MISSING;
  VipsImage *raw =
      vips->image_new_from_memory_copy(pixels, (size_t)width * height * 3, (int)width, (int)height, 3, UCHAR);
  if (!raw) return fail(vips, CI_MEMORY, failure);
  VipsImage *image = NULL;
  if (vips->copy(raw, &image, "interpretation", SRGB, NULL) != 0) {
    vips->object_unref(raw);
    return fail(vips, CI_MEMORY, failure);
  }
  vips->object_unref(raw);
  void *bytes = NULL;
  size_t size = 0;
  int status = save(vips, image, output, &bytes, &size);
  vips->object_unref(image);
  if (status != 0) return fail(vips, CI_UNSUPPORTED, failure);
  return failure->code = hand_over(vips, bytes, size, to, made);
}
