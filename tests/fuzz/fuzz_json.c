/* Any bytes as a JSON line. What is read must print, and read to the same message again; and it
 * must encode, unless it is too long for a frame. */
#include "../unit/same_message.h"

#include "codec/json.h"
#include "core/assert.h"

#include <zeroline/frame.h>

#include <stdlib.h>

enum { LINE_SIZE_MAX = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct zl_message first, second;
static uint8_t frame[ZL_FRAME_SIZE_MAX];
static char line[LINE_SIZE_MAX];

static void check_frame(const struct zl_header *header)
{
        struct zl_frame_writer writer;
        struct zl_frame_reader reader;
        size_t size;

        zl_frame_begin(&writer, frame, sizeof frame, header);
        zl_frame_add(&writer, &first);
        if (zl_frame_end(&writer, &size) != ZL_OK)
                return;
        ZL_ASSERT(zl_frame_check(frame, size, &second, &reader) == ZL_OK);
        ZL_ASSERT(same_message(&first, &second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct zl_scales *scales = zl_scales_open();
        struct zl_json_frame said;
        char error[512];
        struct zl_text why = zl_text_over(error, sizeof error);
        struct zl_text text = zl_text_over(line, sizeof line);

        enum zl_err err = zl_json_read((const char *)data, size, scales, &first, &said, &why);
        ZL_ASSERT(err == ZL_OK || why.size > 0 || why.full);
        if (err == ZL_OK) {
                zl_scales_learn(scales, &first);
                if (!said.has_topic &&
                    !zl_scales_topic(scales, &first, said.header.src, &said.header.topic))
                        said.header.topic.kind = zl_schema_message(first.type)->topic;
                if (said.header.topic.kind == ZL_TOPIC_ANY)
                        said.header.topic.kind = ZL_TOPIC_CTRL;
                check_frame(&said.header);
                zl_json_message(&text, scales, &said.header, &first);
                zl_json_close(&text);
                ZL_ASSERT(!text.full);
                ZL_ASSERT(zl_json_read(line, text.size, scales, &second, &said, &why) == ZL_OK);
                if (first.type != ZL_TYPE_SNAPSHOT_PART) /* both point at the reader's own bytes */
                        ZL_ASSERT(same_message(&first, &second));
        }
        zl_scales_close(scales);
        return 0;
}
