// SHA-256 of OpenSSL's libcrypto. The one-shot and streaming SHA256 functions are marked deprecated
// in OpenSSL 3 but are kept, and cost a third of the EVP interface on short records.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
