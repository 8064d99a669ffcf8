/*
 * Linux: a memfd with seals. The system calls are made without the C library, so one file serves
 * glibc and musl. The headers are the kernel's.
 */
#include "memory.h"

#include <asm/errno.h>
#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <stddef.h>

#define NAME "gunicorn-prometheus-exporter"
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define MAX_ERRNO 4095

struct call {
  long number;
  long arguments[6];
};

/** @returns the result, or the negative number of an error. */
static long run(struct call call) {
#if defined(__x86_64__)
  long result;
  register long r10 __asm__("r10") = call.arguments[3];
  register long r8 __asm__("r8") = call.arguments[4];
  register long r9 __asm__("r9") = call.arguments[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(call.number), "D"(call.arguments[0]), "S"(call.arguments[1]),
                     "d"(call.arguments[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = call.number;
  register long x0 __asm__("x0") = call.arguments[0];
  register long x1 __asm__("x1") = call.arguments[1];
  register long x2 __asm__("x2") = call.arguments[2];
  register long x3 __asm__("x3") = call.arguments[3];
  register long x4 __asm__("x4") = call.arguments[4];
  register long x5 __asm__("x5") = call.arguments[5];
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
#else
#error "no system calls for this architecture"
#endif
}

static long memfd_create(unsigned flags) {
  return run((struct call){__NR_memfd_create, {(long)NAME, flags}});
}

static long control(int descriptor, int command, long argument) {
  return run((struct call){__NR_fcntl, {descriptor, command, argument}});
}

static int fail(struct failure *failure, const char *text, long result) {
  failure->text = text;
  failure->error = (int)-result;
  return -1;
}

int create_memory(int64_t bytes, struct failure *failure) {
  unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  /* Linux 6.3 can refuse memory that could become a program. Older kernels do not know the flag. */
  long descriptor = memfd_create(flags | MFD_NOEXEC_SEAL);
  if (descriptor == -EINVAL) descriptor = memfd_create(flags);
  if (descriptor < 0) return fail(failure, "memfd_create", descriptor);
  const char *step = "ftruncate";
  long result = run((struct call){__NR_ftruncate, {descriptor, bytes}});
  if (result == 0) {
    step = "F_ADD_SEALS";
    result = control((int)descriptor, F_ADD_SEALS, SEALS);
  }
  if (result == 0) return (int)descriptor;
  run((struct call){__NR_close, {descriptor}});
  return fail(failure, step, result);
}

void *map_memory(int descriptor, int64_t bytes, struct failure *failure) {
  struct stat stat;
  /* Fails with EINVAL for files, which anybody with access could truncate. */
  long seals = control(descriptor, F_GET_SEALS, 0);
  if (seals < 0) return fail(failure, "F_GET_SEALS", seals), NULL;
  if ((seals & SEALS) != SEALS) return fail(failure, "the size of the memory is not sealed", 0), NULL;
  long result = run((struct call){__NR_fstat, {descriptor, (long)&stat}});
  if (result < 0) return fail(failure, "fstat", result), NULL;
  if (stat.st_size != bytes) return fail(failure, "the memory has another size", 0), NULL;
  const long access = PROT_READ | PROT_WRITE;
  long memory = run((struct call){__NR_mmap, {0, bytes, access, MAP_SHARED, descriptor, 0}});
  if (memory < 0 && memory >= -MAX_ERRNO) return fail(failure, "mmap", memory), NULL;
  return (void *)memory;
}

void unmap_memory(void *memory, int64_t bytes) {
  run((struct call){__NR_munmap, {(long)memory, bytes}});
}
