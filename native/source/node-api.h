/*
 * The part of Node-API that the addon uses. Node.js keeps these declarations for ever, so the build
 * needs no package of headers. The documentation is at https://nodejs.org/api/n-api.html.
 */
#ifndef NODE_API_H
#define NODE_API_H

#include <stddef.h>
#include <stdint.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env env, napi_callback_info info);
typedef void (*napi_finalize)(napi_env env, void *data, void *hint);

/** Every other value is an error. */
enum napi_status { NAPI_OK = 0 };
typedef int napi_status;

napi_status napi_create_external_arraybuffer(napi_env env, void *data, size_t bytes,
                                             napi_finalize finalize, void *hint,
                                             napi_value *result);
napi_status napi_create_function(napi_env env, const char *name, size_t name_bytes,
                                 napi_callback callback, void *data, napi_value *result);
napi_status napi_create_int32(napi_env env, int32_t value, napi_value *result);
napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t *count,
                             napi_value *arguments, napi_value *receiver, void **data);
napi_status napi_get_value_int32(napi_env env, napi_value value, int32_t *result);
napi_status napi_get_value_int64(napi_env env, napi_value value, int64_t *result);
napi_status napi_set_named_property(napi_env env, napi_value object, const char *name,
                                    napi_value value);
napi_status napi_throw_error(napi_env env, const char *code, const char *message);

#endif
