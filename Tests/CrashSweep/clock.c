// A wall clock that is wrong, for the crash sweep (Linux, LD_PRELOAD): FAULT_CLOCK in the environment is the number of
// seconds by which CLOCK_REALTIME is moved. Child programs see the right time.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long clock_shift = 0;

__attribute__((constructor)) static void begin(void) {
  const char *shift = getenv("FAULT_CLOCK");
  if (shift != NULL) clock_shift = atol(shift);
  unsetenv("FAULT_CLOCK");
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += clock_shift;
  return result;
}
int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  int result = clock_gettime(CLOCK_REALTIME, &now);
  if (result == 0) {
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
  }
  return result;
}
time_t time(time_t *result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}
