/* Any bytes as a frame. What decodes must encode, and decode to the same messages again; the same
 * holds on the way through JSON. */
#include "../unit/same_message.h"

#include "codec/json.h"
#include "codec/split.h"
#include "core/assert.h"

#include <zeroline/frame.h>

#include <stdlib.h>

enum { LINE_SIZE_MAX = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct zl_message first, second;
static uint8_t once[ZL_FRAME_SIZE_MAX], twice[ZL_FRAME_SIZE_MAX];
static char line[LINE_SIZE_MAX], again[LINE_SIZE_MAX];

/* Encodes every message of the reader's frame. What is nothing but padding goes, so it is never
 * longer. */
static size_t encode(const uint8_t *data, size_t size, uint8_t *out)
{
        struct zl_frame_reader reader;
        struct zl_frame_writer writer;
        size_t written;

        ZL_ASSERT(zl_frame_open(&reader, data, size) == ZL_OK);
        zl_frame_begin(&writer, out, size, &reader.header);
        while (zl_frame_next(&reader, &first) == ZL_OK)
                zl_frame_add(&writer, &first);
        ZL_ASSERT(!reader.defect && reader.messages > 0);
        ZL_ASSERT(zl_frame_end(&writer, &written) == ZL_OK);
        return written;
}

static size_t print(const struct zl_scales *scales, const struct zl_header *header,
                    const struct zl_message *message, char *out)
{
        struct zl_text text = zl_text_over(out, LINE_SIZE_MAX);

        zl_json_message(&text, scales, header, message);
        zl_json_close(&text);
        ZL_ASSERT(!text.full);
        return text.size;
}

static void check_json(struct zl_scales *scales, const struct zl_header *header)
{
        struct zl_json_frame frame;
        char error[512];
        struct zl_text why = zl_text_over(error, sizeof error);

        zl_scales_learn(scales, &first); /* as `decode` does, before it prints */
        size_t size = print(scales, header, &first, line);
        ZL_ASSERT(zl_json_read(line, size, scales, &second, &frame, &why) == ZL_OK);
        ZL_ASSERT(same_message(&first, &second));
        ZL_ASSERT(frame.header.src == header->src && frame.header.seq == header->seq);
        size_t size_again = print(scales, header, &second, again);
        ZL_ASSERT(size_again == size && !memcmp(line, again, size));
}

static void check_messages(const uint8_t *data, size_t size, size_t once_size)
{
        struct zl_frame_reader a, b;
        struct zl_scales *scales = zl_scales_open();

        ZL_ASSERT(zl_frame_open(&a, data, size) == ZL_OK);
        ZL_ASSERT(zl_frame_open(&b, once, once_size) == ZL_OK);
        while (zl_frame_next(&a, &first) == ZL_OK) {
                ZL_ASSERT(zl_frame_next(&b, &second) == ZL_OK);
                ZL_ASSERT(same_message(&first, &second));
                check_json(scales, &a.header);
        }
        ZL_ASSERT(zl_frame_next(&b, &second) == ZL_ERR_END);
        zl_scales_close(scales);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct zl_frame_reader reader;
        char text[200];

        if (size > 0) {
                size_t split = zl_frame_split(data, size);
                ZL_ASSERT(split > 0 && split <= size);
        }
        if (zl_frame_check(data, size, &first, &reader) != ZL_OK) {
                ZL_ASSERT(reader.defect && reader.where_byte <= size);
                ZL_ASSERT(strlen(zl_frame_error(&reader, text, sizeof text)) > 0);
                return 0;
        }
        size_t once_size = encode(data, size, once);
        ZL_ASSERT(zl_frame_split(once, once_size) == once_size);
        check_messages(data, size, once_size);
        size_t twice_size = encode(once, once_size, twice);
        ZL_ASSERT(twice_size == once_size && !memcmp(once, twice, once_size));
        return 0;
}
