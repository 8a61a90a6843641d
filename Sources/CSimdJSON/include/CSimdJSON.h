// A C interface to the few calls of simdjson that log extraction needs.
#ifndef CSIMDJSON_H
#define CSIMDJSON_H
#endif
