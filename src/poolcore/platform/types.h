/* The types for which there are kernels.  What is in memory may be of another type: rows are converted
 * (row/convert.inc.c), as types.def says.
 *
 *             elements   sums in functors   marks
 *   f32       float      float              32 bits
 *   f32wide   float      double             64 bits
 *   f64       double     double             64 bits
 *   u8        uint8_t    -                  - */
#ifndef PC_TYPES_H
#define PC_TYPES_H

#define PC_ELEMENT_f32 float
#define PC_ELEMENT_NAME_f32 f32
#define PC_ELEMENT_DTYPE_f32 PC_F32
#define PC_IS_FLOATING_f32 1
#define PC_SUM_f32 float
#define PC_SUM_NAME_f32 f32
#define PC_SUM_IS_ELEMENT_f32 1
#define PC_SUM_IS_DOUBLE_f32 0
#define PC_MARK_f32 int32_t

#define PC_ELEMENT_f32wide float
#define PC_ELEMENT_NAME_f32wide f32
#define PC_ELEMENT_DTYPE_f32wide PC_F32
#define PC_IS_FLOATING_f32wide 1
#define PC_SUM_f32wide double
#define PC_SUM_NAME_f32wide f64
#define PC_SUM_IS_ELEMENT_f32wide 0
#define PC_SUM_IS_DOUBLE_f32wide 1
#define PC_MARK_f32wide int64_t

#define PC_ELEMENT_f64 double
#define PC_ELEMENT_NAME_f64 f64
#define PC_ELEMENT_DTYPE_f64 PC_F64
#define PC_IS_FLOATING_f64 1
#define PC_SUM_f64 double
#define PC_SUM_NAME_f64 f64
#define PC_SUM_IS_ELEMENT_f64 1
#define PC_SUM_IS_DOUBLE_f64 1
#define PC_MARK_f64 int64_t

#define PC_ELEMENT_u8 uint8_t
#define PC_ELEMENT_NAME_u8 u8
#define PC_ELEMENT_DTYPE_u8 PC_U8
#define PC_IS_FLOATING_u8 0

#endif
