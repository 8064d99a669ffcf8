/* Two functions for JavaScript: `create(bytes)` and `map(descriptor, bytes)`. */
#include "memory.h"
#include "node-api.h"

#define EXPORTED __attribute__((visibility("default")))

/** Node-API 8 is in each Node.js since 12.22, 14.17 and 15.12. */
#define API_VERSION 8

/** A bound against a wrong argument. The limits of the package are far below. */
#define MAX_BYTES ((int64_t)1 << 30)

/** The code of the error is the number of the system's error, in digits. */
static napi_value throw_failure(napi_env env, const struct failure *failure) {
  char digits[12];
  char *code = digits + sizeof digits;
  *--code = 0;
  for (int rest = failure->error; rest > 0; rest /= 10) *--code = (char)('0' + rest % 10);
  napi_throw_error(env, *code ? code : NULL, failure->text);
  return NULL;
}

static napi_value throw_text(napi_env env, const char *text) {
  struct failure failure = {text, 0};
  return throw_failure(env, &failure);
}

static int is_size(int64_t bytes) { return bytes > 0 && bytes <= MAX_BYTES; }

static napi_value create(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_value result;
  int64_t bytes;
  struct failure failure;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != NAPI_OK || count < 1 ||
      napi_get_value_int64(env, argument, &bytes) != NAPI_OK || !is_size(bytes)) {
    return throw_text(env, "create() takes a number of bytes from 1 to 2^30");
  }
  int descriptor = create_memory(bytes, &failure);
  if (descriptor < 0) return throw_failure(env, &failure);
  return napi_create_int32(env, descriptor, &result) == NAPI_OK ? result : NULL;
}

static napi_value map(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  napi_value result;
  int32_t descriptor;
  int64_t bytes;
  struct failure failure;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != NAPI_OK || count < 2 ||
      napi_get_value_int32(env, arguments[0], &descriptor) != NAPI_OK || descriptor < 0 ||
      napi_get_value_int64(env, arguments[1], &bytes) != NAPI_OK || !is_size(bytes)) {
    return throw_text(env, "map() takes a descriptor and a number of bytes from 1 to 2^30");
  }
  void *memory = map_memory(descriptor, bytes, &failure);
  if (memory == NULL) return throw_failure(env, &failure);
  /*
   * Without a function that unmaps: Node.js runs such a function when the buffer is collected or
   * when the thread ends, and other code may still hold the address.
   */
  if (napi_create_external_arraybuffer(env, memory, (size_t)bytes, NULL, NULL, &result) !=
      NAPI_OK) {
    unmap_memory(memory, bytes);
    return throw_text(env, "this runtime takes no memory from outside of its heap");
  }
  return result;
}

static int export_function(napi_env env, napi_value exports, const char *name, size_t name_bytes,
                           napi_callback callback) {
  napi_value function;
  return napi_create_function(env, name, name_bytes, callback, NULL, &function) == NAPI_OK &&
         napi_set_named_property(env, exports, name, function) == NAPI_OK;
}

EXPORTED int32_t node_api_module_get_api_version_v1(void) { return API_VERSION; }

EXPORTED napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  /* After a failure, a function is missing, and the package goes on without the addon. */
  if (export_function(env, exports, "create", sizeof "create" - 1, create)) {
    export_function(env, exports, "map", sizeof "map" - 1, map);
  }
  return exports;
}
