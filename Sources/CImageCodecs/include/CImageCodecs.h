// Decoding and encoding of images for ImageFiles. Every function works on memory alone and may be called from
// several threads at once. Structure (chunks, segments, sizes) is checked by the caller; here are the pixels.
#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stddef.h>
#include <stdint.h>

// What became of a call.
enum {
  CI_OK = 0,
  // The data contradict the format.
  CI_CORRUPT = 1,
  // They end before the image does.
  CI_TRUNCATED = 2,
  // Less or more comes out than was expected.
  CI_SHORT = 3,
  CI_LONG = 4,
  // A kind of image that is not handled.
  CI_UNSUPPORTED = 5,
  CI_MEMORY = 6,
  // More work than an honest image needs.
  CI_EXCESSIVE = 7,
  // The shared library cannot be loaded.
  CI_MISSING = 8,
};

// Pixels of 8 bits per channel without gaps; the caller frees them.
typedef struct {
  uint8_t *pixels;
  size_t width, height, channels;
} ci_raster;

// Why a call failed, in the words of the library that failed.
typedef struct {
  int code;
  char message[200];
} ci_failure;

// A rectangle of stored pixels.
typedef struct {
  uint32_t left, top, width, height;
} ci_rectangle;

// MARK: Deflate

// The CRC-32 of PNG and zlib.
uint32_t ci_crc32(const void *bytes, size_t count);
// The same of more bytes after those of which `checksum` is.
uint32_t ci_crc32_continued(uint32_t checksum, const void *bytes, size_t count);

// Inflates a zlib stream of a known size. Returns CI_OK, CI_CORRUPT, CI_SHORT, CI_LONG or CI_MEMORY; `used` is how many
// compressed bytes the stream took.
int ci_zlib_inflate(const void *from, size_t count, void *to, size_t room, size_t *used);

// Inflates a zlib stream of at most `limit` bytes into memory that the caller frees. Returns as above.
int ci_zlib_inflate_text(const void *from, size_t count, size_t limit, uint8_t **to, size_t *made);

// Deflates into memory that the caller frees. `level` is libdeflate's, 1 to 12. Returns CI_OK or CI_MEMORY.
int ci_zlib_deflate(const void *from, size_t count, int level, uint8_t **to, size_t *made);

// The same for the filtered rows of an image: those of photographs become smaller than with any level, and many times
// faster; others are deflated with level 6.
int ci_zlib_deflate_pixels(const uint8_t *from, size_t count, uint8_t **to, size_t *made);

// MARK: Turning

// How stored pixels become displayed ones: first rows and columns are swapped, then the result is flipped.
typedef struct {
  _Bool swaps, flips_across, flips_down;
} ci_turning;

// Turns `width` × `height` pixels, whose rows are `stride` bytes apart, into rows without gaps.
void ci_turn(
    const uint8_t *from, size_t stride, size_t width, size_t height, size_t pixel_bytes, ci_turning turn, uint8_t *to);

// MARK: Measuring

// Count, sum and sum of squares of whole numbers.
typedef struct {
  int64_t count, sum, squares;
} ci_moments;

enum { CI_AREAS_ACROSS = 9, CI_AREAS_DOWN = 8 };

// Sums over the pixels of an image. Luma is 0.2126 R + 0.7152 G + 0.0722 B, rounded; see ImageFeatures for what they are
// for.
typedef struct {
  // Of luma, of R − G, and of R + G − 2 B.
  ci_moments luma, red_green, yellow_blue;
  // Of the Laplacian of luma, all pixels but those at the edges.
  ci_moments laplacian;
  // Pixels by luma.
  uint32_t histogram[256];
  // The top left of the window that differs most from the mean colour.
  size_t window_left, window_top;
  // Luma summed over 9 × 8 areas, row by row, in units of a 72nd of a pixel.
  int64_t areas[CI_AREAS_ACROSS * CI_AREAS_DOWN];
} ci_figures;

// Measures an image of at most 2^24 pixels; alpha is not looked at. `side` is the window's, at most the shorter one of
// the image. Returns CI_OK or CI_MEMORY, or CI_CORRUPT for sizes that do not fit.
int ci_measure(const ci_raster *raster, size_t side, ci_figures *figures);

// MARK: PNG

// Undoes the filters of the first `count` rows in place. A row is one filter byte, which becomes 0, and `row_bytes`
// bytes; only the first `used_bytes` of them are of interest, the others stay filtered. `pixel_bytes` is the distance
// to the pixel on the left (1 to 8). `zeros` has `used_bytes` zeros; it, and the rows, are followed by 64 bytes of slack.
// Returns -1, or the number of the first row with a filter that does not exist.
int64_t ci_png_unfilter(
    uint8_t *rows, size_t count, size_t row_bytes, size_t used_bytes, size_t pixel_bytes, const uint8_t *zeros);

// Checks filter bytes only; returns as above.
int64_t ci_png_check_filters(const uint8_t *rows, size_t count, size_t row_bytes);

// Raw rows to be filtered.
typedef struct {
  // The byte with the first pixel of the first row; rows are `stride` apart.
  const uint8_t *pixels;
  size_t stride, rows;
  // The bytes of a row that is written, and the distance to the pixel on the left.
  size_t row_bytes, pixel_bytes;
  // How many bits into its byte the first pixel begins; not 0 for depths below 8 only. The byte after the last one
  // of a row is read then.
  unsigned bit_shift;
  // What is kept of the last byte of a row; 0xff unless the row ends inside it.
  uint8_t last_mask;
} ci_png_region;

// Filters all rows into `to`, `row_bytes` + 1 bytes each. Adaptive: each row with the filter of the least sum of
// absolute differences; else all with filter 0. `to` may lie in the same buffer, at or before each row's own place.
// Returns 0, or -1 when memory is short.
int ci_png_filter(const ci_png_region *region, int is_adaptive, uint8_t *to);

// Which pixels an interlaced pass holds: every `across`-th from `left` in every `down`-th row from `top`.
typedef struct {
  ptrdiff_t left, top, across, down;
} ci_png_pass;

// Puts the unfiltered pixels of one pass in their places among zeroed `rows`, each of them one byte and its pixels,
// `stride` apart. `bits` is 1, 2, 4 or a multiple of 8 per pixel.
void ci_png_scatter(
    const uint8_t *pass_rows, size_t width, size_t height, size_t pass_row_bytes, uint32_t bits, uint8_t *rows,
    size_t stride, ci_png_pass pass);

// Spreads pixels of 1, 2 or 4 bits to one byte each; rows begin `stride` apart, `left` pixels are left out.
void ci_png_spread(
    const uint8_t *rows, size_t stride, size_t left, size_t width, size_t height, uint32_t bits, uint8_t *to);

// The reverse, into rows without gaps.
void ci_png_pack(const uint8_t *pixels, size_t width, size_t height, uint32_t bits, uint8_t *to);

// What the samples of a PNG mean.
typedef struct {
  unsigned depth, samples;
  // Whether the result has four channels: an alpha channel, a transparent key, or a palette with alpha.
  _Bool has_alpha;
  // 256 entries of red, green, blue and alpha for a palette; NULL without one.
  const uint8_t *colours;
  // The sample values that stand for transparent.
  _Bool has_key;
  uint16_t key[3];
} ci_png_layout;

// Shrinks unfiltered rows, `stride` apart, each of them one byte and its pixels, to a raster whose longest side is at
// most `longest`: RGB, or RGBA with colours multiplied by alpha. Returns CI_OK or CI_MEMORY.
int ci_png_reduce(
    const uint8_t *rows, size_t stride, size_t width, size_t height, const ci_png_layout *layout, size_t longest,
    ci_raster *raster);

// MARK: JPEG

// Cuts a rectangle out of a JPEG by moving its coefficients: no sample changes. The result, in memory that the caller
// frees, has neither JFIF nor Adobe marker. The whole source is read, and any damage that shows is a failure.
// `done` is 0 when the rectangle does not lie on the blocks: then nothing is made. `trailing` is how many bytes follow
// the image. Returns CI_OK, or the code of `failure`.
int ci_jpeg_transform(
    const uint8_t *from, size_t count, ci_rectangle rectangle, ci_turning turn, uint8_t **to, size_t *made, int *done,
    size_t *trailing, ci_failure *failure);

// Decodes a rectangle of a JPEG and encodes it again with the same components and subsampling. As above.
int ci_jpeg_reencode(
    const uint8_t *from, size_t count, ci_rectangle rectangle, ci_turning turn, int quality, uint8_t **to, size_t *made,
    size_t *trailing, ci_failure *failure);

// Reads a JPEG to its end without making pixels.
int ci_jpeg_check(const uint8_t *from, size_t count, size_t *trailing, ci_failure *failure);

// Decodes a JPEG to an RGB raster whose longest side is at most `longest`; its sides are those stored.
int ci_jpeg_reduce(
    const uint8_t *from, size_t count, size_t longest, ci_raster *raster, size_t *trailing, ci_failure *failure);

// Encodes rows of 3 (RGB) or 1 (grey) bytes per pixel, with a JFIF marker.
int ci_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality, uint8_t **to, size_t *made,
    ci_failure *failure);

// MARK: libvips

// Opens the shared library of this name, once; a call after one that succeeded does nothing. Returns CI_OK or CI_MISSING.
// The calls below return CI_MISSING before that.
int ci_vips_load(const char *name, ci_failure *failure);

enum { CI_VIPS_WEBP, CI_VIPS_TIFF, CI_VIPS_PNG, CI_VIPS_JPEG };

// How an image is to be written.
typedef struct {
  int format;
  // 1 to 100, for what is not lossless.
  int quality;
  // The pixels must be exactly those of the source: the result is read again and compared.
  int is_lossless;
  // Without metadata, which the caller adds.
  int is_bare;
  // For TIFF: values of VipsForeignTiffCompression and VipsForeignTiffPredictor; bits per sample below 8, or 0; tile sizes
  // or 0; whether offsets have 64 bits.
  int compression, predictor, bit_depth, tile_width, tile_height, is_big;
} ci_vips_output;

// Decodes an image whole, turns it for display, and encodes a rectangle of that into memory that the caller frees.
// `hidden` becomes 1 when colours of fully transparent pixels were lost.
int ci_vips_crop(
    const void *from, size_t count, int orientation, ci_rectangle rectangle, const ci_vips_output *output, uint8_t **to,
    size_t *made, int *hidden, ci_failure *failure);

// Decodes an image whole.
int ci_vips_check(const void *from, size_t count, ci_failure *failure);

// Decodes an image whole, turns it for display and shrinks it, in sRGB.
int ci_vips_reduce(
    const void *from, size_t count, int orientation, size_t longest, ci_raster *raster, ci_failure *failure);

// Encodes rows of RGB pixels.
int ci_vips_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, const ci_vips_output *output, uint8_t **to, size_t *made,
    ci_failure *failure);

#endif
