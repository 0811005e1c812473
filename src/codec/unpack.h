/* unpack.h - structs from MessagePack, by the library's callback decoder.
 *
 * Answers: what do these bytes say, or which field of which record is wrong at which byte?
 * Owns: nothing; decodes into the caller's struct without allocating. Thread: any. */
#ifndef ZL_CODEC_UNPACK_H
#define ZL_CODEC_UNPACK_H

#include "core/schema.h"

#include <zeroline/frame.h>

/* Reads one array at reader->offset as this record, without a type in front. */
ZL_MUST_CHECK enum zl_err zl_unpack_record(struct zl_frame_reader *reader,
                                           const struct zl_record *record, void *ret_object);
/* Reads one message, [type, fields...]. */
ZL_MUST_CHECK enum zl_err zl_unpack_message(struct zl_frame_reader *reader,
                                            struct zl_message *ret_message);

#endif
