/* What is used of DLPack's exchange API, 1.3 and later 1.x: how a library hands out tensors and makes
   them.  Names and layout are those of dlpack.h (https://github.com/dmlc/dlpack). */
#ifndef PC_EXCHANGE_H
#define PC_EXCHANGE_H

#include <stdint.h>

enum { PC_DLPACK_MAJOR = 1, PC_DLPACK_CPU = 1 };
enum { PC_DLPACK_INT = 0, PC_DLPACK_UINT = 1, PC_DLPACK_FLOAT = 2 };

typedef struct {
    uint32_t major, minor;
} DLPackVersion;

typedef struct {
    int32_t device_type, device_id;
} DLDevice;

typedef struct {
    uint8_t code, bits;
    uint16_t lanes;
} DLDataType;

/* Strides count elements. */
typedef struct {
    void *data;
    DLDevice device;
    int32_t ndim;
    DLDataType dtype;
    int64_t *shape;
    int64_t *strides;
    uint64_t byte_offset;
} DLTensor;

typedef struct DLManagedTensorVersioned {
    DLPackVersion version;
    void *manager_ctx;
    void (*deleter)(struct DLManagedTensorVersioned *);
    uint64_t flags;
    DLTensor dl_tensor;
} DLManagedTensorVersioned;

/* Each answers 0, or not 0 after it has raised an exception of Python's; the first raises none, but
   calls its last argument. */
typedef struct {
    DLPackVersion version;
    void *prev_api;
    int (*managed_tensor_allocator)(DLTensor *prototype, DLManagedTensorVersioned **out,
                                    void *context,
                                    void (*set_error)(void *context, const char *, const char *));
    int (*managed_tensor_from_py_object_no_sync)(void *object, DLManagedTensorVersioned **out);
    int (*managed_tensor_to_py_object_no_sync)(DLManagedTensorVersioned *tensor, void **object);
    int (*dltensor_from_py_object_no_sync)(void *object, DLTensor *out);
    int (*current_work_stream)(int32_t device_type, int32_t device_id, void **stream);
} DLPackExchangeAPI;

#endif
