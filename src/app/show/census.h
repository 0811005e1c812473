/* census.h - what came by, counted by message type.
 *
 * Owns: nothing. Thread: its owner's. */
#ifndef ZL_APP_SHOW_CENSUS_H
#define ZL_APP_SHOW_CENSUS_H

#include <zeroline/message.h>

struct zl_census_row {
        uint64_t frames, bytes, messages;
        uint64_t first_ns, last_ns; /* of the frames' headers; 0: none had a time */
};

/* Frames and their bytes are counted with the type of their first message. */
struct zl_census {
        struct zl_census_row rows[ZL_TYPE_LIMIT];
};

void zl_census_count(struct zl_census *census, const struct zl_header *header,
                     const struct zl_message *message, uint32_t place, size_t frame_size);
/* To stdout: a table, or an object a line. False after a line on stderr. */
ZL_MUST_CHECK bool zl_census_print(const struct zl_census *census, bool json);

#endif
