/* What is called of torch's libraries, by addresses that were found at run time (symbols.py).  The first
   three are of its stable C interface, where a handle points to an at::Tensor.  The others are C++
   functions that every extension is linked against, whose mangled names say what they take. */
#ifndef PC_TORCH_ABI_H
#define PC_TORCH_ABI_H

#include <stdint.h>

enum { PC_TORCH_CPU = 0, PC_TORCH_NO_INDEX = -1 };

/* Strides count elements.  These three answer 0, or not 0 after an error. */
typedef int32_t (*pc_empty_strided)(int64_t ndim, const int64_t *sizes, const int64_t *strides,
                                    int32_t dtype, int32_t device_type, int32_t device_index,
                                    void **handle);
typedef int32_t (*pc_get_data_ptr)(void *handle, void **data);
typedef int32_t (*pc_delete_tensor)(void *handle);
/* THPVariable_Wrap(at::TensorBase &&): a new reference to the tensor, which the handle then has no more;
   or NULL and an exception of Python's. */
typedef void *(*pc_wrap)(void *handle);
/* c10::impl::TorchDispatchModeTLS::stack_len() */
typedef int64_t (*pc_modes)(void);
/* torch::jit::tracer::getTracingState(): a shared pointer, whose first word is the pointer. */
typedef void **(*pc_tracer)(void);

typedef struct pc_torch {
    pc_empty_strided empty_strided;
    pc_get_data_ptr get_data_ptr;
    pc_delete_tensor delete_tensor;
    pc_wrap wrap;
    pc_modes modes;
    pc_tracer tracer;
} pc_torch;

#endif
