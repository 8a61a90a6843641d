/// Reads, crops and shrinks images. The only code that writes one, always under a new name.
enum ImageFiles {}
