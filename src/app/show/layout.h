/* layout.h - how a message is printed: as a JSON line, or as the caller's format says.
 *
 * Answers: which bytes stand for this message? A format is text with parts of its own:
 *
 *     %t topic    %m type     %s src     %e epoch   %q seq      %n ts_ns    %T ts_ns, as a date
 *     %r number of the frame  %i place of the message in it     %d in, out or internal
 *     %z bytes of the frame   %x the frame in hex               %j the message as a JSON line
 *     %{field}    a field of the message, empty where it has none of that name
 *     %%  \n  \t  \r  \0  \\
 *
 * Owns: what the format was parsed to. Thread: its owner's. */
#ifndef ZL_APP_SHOW_LAYOUT_H
#define ZL_APP_SHOW_LAYOUT_H

#include "codec/scales.h"
#include "core/text.h"
#include "tape/tape.h"

#include <zeroline/frame.h>

/* A message, where it stands. */
struct zl_laid {
        const uint8_t *frame;
        size_t frame_size;
        uint64_t number;
        uint32_t place;
        enum zl_record_kind kind;
        const struct zl_header *header;
        const struct zl_message *message;
};

struct zl_layout;

/* NULL after a line on stderr that names the place in the format that is wrong. */
struct zl_layout *zl_layout_open(const char *format);
void zl_layout_close(struct zl_layout *layout);

/* Writes the message as the layout says; as a JSON line with its end where `layout` is NULL. */
void zl_layout_write(const struct zl_layout *layout, const struct zl_scales *scales,
                     const struct zl_laid *laid, struct zl_text *text);

#endif
