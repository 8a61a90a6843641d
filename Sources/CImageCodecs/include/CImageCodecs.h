// Decoding and encoding of images for ImageFiles.
#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H
#endif
