// The functions of libvips (version 8) that are used here, found when they are first needed. Not public.
//
// libvips brings some hundred shared libraries: linking it costs 29 ms at every start of a program that hardly ever
// needs it. Its headers cannot be used without making it a dependency of the build, for they need GLib's include paths;
// so these few functions, which are the stable part of its C interface, are declared here.
#ifndef VIPS_LIBRARY_H
#define VIPS_LIBRARY_H

#include <stddef.h>

typedef struct VipsImage VipsImage;

// Values of libvips' enumerations: how bad a problem ends loading, and that a thumbnail is only ever smaller.
enum { VIPS_FAIL_ON_WARNING_VALUE = 3, VIPS_SIZE_DOWN_VALUE = 2 };

// Functions that end in `...` take pairs of a name and a value, and a final NULL.
typedef struct {
  int (*init)(const char *program);
  void (*concurrency_set)(int threads);
  void (*cache_set_max)(int operations);
  void (*block_untrusted_set)(int is_blocked);
  char *(*error_buffer_copy)(void);
  VipsImage *(*image_new_from_buffer)(const void *bytes, size_t count, const char *options, ...);
  VipsImage *(*image_new_from_memory_copy)(
      const void *pixels, size_t count, int width, int height, int bands, int format);
  VipsImage *(*image_copy_memory)(VipsImage *image);
  void *(*image_write_to_memory)(VipsImage *image, size_t *count);
  int (*image_get_width)(const VipsImage *image);
  int (*image_get_height)(const VipsImage *image);
  int (*image_get_bands)(const VipsImage *image);
  size_t (*image_get_typeof)(const VipsImage *image, const char *name);
  void (*image_set_int)(VipsImage *image, const char *name, int value);
  int (*copy)(VipsImage *in, VipsImage **out, ...);
  int (*autorot)(VipsImage *in, VipsImage **out, ...);
  int (*extract_area)(VipsImage *in, VipsImage **out, int left, int top, int width, int height, ...);
  int (*thumbnail_image)(VipsImage *in, VipsImage **out, int width, ...);
  int (*colourspace)(VipsImage *in, VipsImage **out, int space, ...);
  int (*tiffsave_buffer)(VipsImage *in, void **bytes, size_t *count, ...);
  int (*webpsave_buffer)(VipsImage *in, void **bytes, size_t *count, ...);
  int (*pngsave_buffer)(VipsImage *in, void **bytes, size_t *count, ...);
  int (*jpegsave_buffer)(VipsImage *in, void **bytes, size_t *count, ...);
  void (*object_unref)(void *object);
  void (*free)(void *memory);
} vips_functions;

// The functions; NULL until ci_vips_load succeeded.
const vips_functions *vips_library(void);

#endif
