/* split.h - frames that stand one behind the other in a file or a pipe.
 *
 * Answers: where does the next frame begin? A topic is a text at the top level and nothing else in
 * a frame is, so a frame ends where the next text stands. Thread: any. */
#ifndef ZL_CODEC_SPLIT_H
#define ZL_CODEC_SPLIT_H

#include <stddef.h>
#include <stdint.h>

/* The size of the first frame; the whole of `size` when its end cannot be told. size > 0. */
size_t zl_frame_split(const uint8_t *data, size_t size);

#endif
