/* Shared memory whose size cannot change. Each operating system has a file that defines this. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdint.h>

/** Why a function failed. */
struct failure {
  /** The call that failed, or a whole sentence. */
  const char *text;
  /** The number of the system's error, or 0 if `text` is a sentence. */
  int error;
};

/**
 * Makes zeroed memory that nobody can shrink or grow.
 * @returns a descriptor that the system closes at exec, or -1 with `failure`.
 */
int create_memory(int64_t bytes, struct failure *failure);

/**
 * Maps memory of `create_memory`, for reading and writing.
 * @returns a null pointer with `failure` if the descriptor has another kind or size.
 */
void *map_memory(int descriptor, int64_t bytes, struct failure *failure);

void unmap_memory(void *memory, int64_t bytes);

#endif
