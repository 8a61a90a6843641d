// Finds libvips and its functions.
#include "vips_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "CImageCodecs.h"

static vips_functions functions;
static _Atomic(const vips_functions *) loaded;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

const vips_functions *vips_library(void) { return atomic_load(&loaded); }

// What libvips and GLib would print on standard error, which belongs to the program. Loading fails on warnings about
// pixels anyway.
static void discard(const char *domain, int level, const char *message, void *data) {
  (void)domain, (void)level, (void)message, (void)data;
}

static int find_all(void *library) {
  const struct {
    void **to;
    const char *name;
  } wanted[] = {
      {(void **)&functions.init, "vips_init"},
      {(void **)&functions.concurrency_set, "vips_concurrency_set"},
      {(void **)&functions.cache_set_max, "vips_cache_set_max"},
      {(void **)&functions.block_untrusted_set, "vips_block_untrusted_set"},
      {(void **)&functions.error_buffer_copy, "vips_error_buffer_copy"},
      {(void **)&functions.image_new_from_buffer, "vips_image_new_from_buffer"},
      {(void **)&functions.image_new_from_memory_copy, "vips_image_new_from_memory_copy"},
      {(void **)&functions.image_copy_memory, "vips_image_copy_memory"},
      {(void **)&functions.image_write_to_memory, "vips_image_write_to_memory"},
      {(void **)&functions.image_get_width, "vips_image_get_width"},
      {(void **)&functions.image_get_height, "vips_image_get_height"},
      {(void **)&functions.image_get_bands, "vips_image_get_bands"},
      {(void **)&functions.image_get_typeof, "vips_image_get_typeof"},
      {(void **)&functions.image_set_int, "vips_image_set_int"},
      {(void **)&functions.copy, "vips_copy"},
      {(void **)&functions.autorot, "vips_autorot"},
      {(void **)&functions.extract_area, "vips_extract_area"},
      {(void **)&functions.thumbnail_image, "vips_thumbnail_image"},
      {(void **)&functions.colourspace, "vips_colourspace"},
      {(void **)&functions.tiffsave_buffer, "vips_tiffsave_buffer"},
      {(void **)&functions.webpsave_buffer, "vips_webpsave_buffer"},
      {(void **)&functions.pngsave_buffer, "vips_pngsave_buffer"},
      {(void **)&functions.jpegsave_buffer, "vips_jpegsave_buffer"},
      {(void **)&functions.object_unref, "g_object_unref"},
      {(void **)&functions.free, "g_free"},
  };
  for (size_t index = 0; index < sizeof wanted / sizeof *wanted; index++) {
    *wanted[index].to = dlsym(library, wanted[index].name);
    if (!*wanted[index].to) return 0;
  }
  return 1;
}

static int load(const char *name, char *message, size_t room) {
  // Never closed: GLib's types cannot be registered twice.
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library || !find_all(library)) {
    const char *reason = dlerror();
    strncpy(message, reason ? reason : "functions are missing in it", room - 1);
    return CI_MISSING;
  }
  unsigned (*set_handler)(const char *, int, void (*)(const char *, int, const char *, void *), void *) =
      (unsigned (*)(const char *, int, void (*)(const char *, int, const char *, void *), void *))dlsym(
          library, "g_log_set_handler");
  // Warnings, messages, information and debugging text: 16 to 128 in GLib's flags.
  if (set_handler) {
    set_handler("VIPS", 16 | 32 | 64 | 128, discard, NULL);
    set_handler("GLib-GObject", 16 | 32 | 64 | 128, discard, NULL);
  }
  if (functions.init("images") != 0) {
    strncpy(message, "it does not start", room - 1);
    return CI_MISSING;
  }
  // Parallel work is the caller's; results are used once.
  functions.concurrency_set(1);
  functions.cache_set_max(0);
  functions.block_untrusted_set(1);
  atomic_store(&loaded, &functions);
  return CI_OK;
}

int ci_vips_load(const char *name, ci_failure *failure) {
  memset(failure, 0, sizeof *failure);
  pthread_mutex_lock(&guard);
  if (!vips_library()) failure->code = load(name, failure->message, sizeof failure->message);
  pthread_mutex_unlock(&guard);
  return failure->code;
}
