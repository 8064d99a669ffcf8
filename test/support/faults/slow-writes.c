/*
 * A library for LD_PRELOAD: writes to files below DISK_FAULT_PATH wait or fail. The file that
 * DISK_FAULT_FILE names has two numbers: milliseconds to wait, and the errno of a failure or 0.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int is_below(const char *path) {
  const char *prefix = getenv("DISK_FAULT_PATH");
  return prefix != NULL && path != NULL && strncmp(path, prefix, strlen(prefix)) == 0;
}

static int is_ours(int descriptor) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_below(path);
}

/* Returns 1, with errno, where the call must fail. */
static int fault(void) {
  const char *file = getenv("DISK_FAULT_FILE");
  char text[64] = {0};
  long ms = 0;
  int error = 0;
  int descriptor = file == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY, 0);
  if (descriptor < 0) return 0;
  syscall(SYS_read, descriptor, text, sizeof text - 1);
  syscall(SYS_close, descriptor);
  sscanf(text, "%ld %d", &ms, &error);
  struct timespec pause = {ms / 1000, (ms % 1000) * 1000000};
  if (ms > 0) nanosleep(&pause, NULL);
  if (error == 0) return 0;
  errno = error;
  return 1;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  if (descriptor > 2 && is_ours(descriptor) && fault()) return -1;
  return syscall(SYS_write, descriptor, bytes, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  if (is_ours(descriptor) && fault()) return -1;
  return syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  return pwrite64(descriptor, bytes, count, offset);
}

static int open_file(const char *path, int flags, mode_t mode) {
  if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) && is_below(path) && fault()) return -1;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return open_file(path, flags | O_LARGEFILE, mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return open_file(path, flags, mode);
}

int mkdir(const char *path, mode_t mode) {
  if (is_below(path) && fault()) return -1;
  return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
