/*
 * macOS: shared memory of POSIX. The kernel sets the size of such memory once and refuses each
 * later change, so no seals are necessary. The loader does not use this file yet: see README.md.
 */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/** At most 31 bytes, with the end of the text. */
#define NAME "/gunicorn-exporter-0123456789"
#define DIGITS 10
#define ATTEMPTS 8

static int fail(struct failure *failure, const char *text, int error) {
  failure->text = text;
  failure->error = error;
  return -1;
}

/** Opens memory under a new name, and removes the name at once. */
static int open_memory(void) {
  char name[] = NAME;
  for (int attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    for (int digit = 1; digit <= DIGITS; digit += 1) {
      name[sizeof name - 1 - digit] = (char)('0' + arc4random_uniform(10));
    }
    int descriptor = shm_open(name, O_CREAT | O_EXCL | O_RDWR, S_IRUSR | S_IWUSR);
    if (descriptor >= 0) shm_unlink(name);
    if (descriptor >= 0 || errno != EEXIST) return descriptor;
  }
  return -1;
}

int create_memory(int64_t bytes, struct failure *failure) {
  int descriptor = open_memory();
  if (descriptor < 0) return fail(failure, "shm_open", errno);
  if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 && ftruncate(descriptor, bytes) == 0) {
    return descriptor;
  }
  fail(failure, "ftruncate", errno);
  close(descriptor);
  return -1;
}

void *map_memory(int descriptor, int64_t bytes, struct failure *failure) {
  struct stat stat;
  if (fstat(descriptor, &stat) != 0) return fail(failure, "fstat", errno), NULL;
  /* Shared memory has no type. Anybody with access could truncate a file. */
  if ((stat.st_mode & S_IFMT) != 0) return fail(failure, "this is no shared memory", 0), NULL;
  /* The kernel rounds the size up to whole pages. */
  if (stat.st_size < bytes || stat.st_size - bytes >= getpagesize()) {
    return fail(failure, "the memory has another size", 0), NULL;
  }
  void *memory = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) return fail(failure, "mmap", errno), NULL;
  return memory;
}

void unmap_memory(void *memory, int64_t bytes) { munmap(memory, (size_t)bytes); }
