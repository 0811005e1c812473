/* json.h - messages as JSON lines.
 *
 * Answers: which line is this message, which message is this line? Decimals are strings, scaled by
 * what the stream said before; where it has not, they are raw integers. Thread: its owner's. */
#ifndef ZL_CODEC_JSON_H
#define ZL_CODEC_JSON_H

#include "codec/scales.h"
#include "core/text.h"

/* Writes {"type":"mark",...,"src":1,"epoch":1,"seq":1,"ts_ns":0 and leaves the object open, so that
 * the caller can add to it; zl_json_close writes the brace. The topic stands in it only where it is
 * not the one that the message's own content names. */
void zl_json_message(struct zl_text *text, const struct zl_scales *scales,
                     const struct zl_header *header, const struct zl_message *message);
void zl_json_close(struct zl_text *text);

void zl_json_string(struct zl_text *text, const char *string);
/* The bytes of a quoted decimal, or null. */
void zl_json_decimal(struct zl_text *text, zl_i128 value, uint32_t scale);

/* What a line said of its frame; what it left out is not `has`. */
struct zl_json_frame {
        struct zl_header header;
        bool has_src, has_epoch, has_seq, has_ts, has_topic;
};

/* Reads one line (without its end) into a message. On ZL_ERR_INVALID `ret_error` says what is wrong
 * and where: `account.positions[1].qty: ...`. Does not learn: the caller does, once it took it. */
ZL_MUST_CHECK enum zl_err zl_json_read(const char *line, size_t size,
                                       const struct zl_scales *scales,
                                       struct zl_message *ret_message,
                                       struct zl_json_frame *ret_frame, struct zl_text *ret_error);

#endif
