#include "app/publisher.h"

#include "app/clock.h"
#include "app/say.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER_SIZE = 1 << 17 };

enum zl_err zl_publisher_open(struct zl_publisher *publisher, struct zl_bus *bus,
                              const char *endpoint, uint32_t src)
{
        *publisher = (struct zl_publisher){.src = src,
                                           .epoch = zl_now_ns(),
                                           .sequences = {.row_size = sizeof(uint64_t)},
                                           .buffer = malloc(BUFFER_SIZE)};
        if (!publisher->buffer)
                return ZL_ERR_SYSTEM;
        return zl_socket_open(bus, ZL_SOCKET_XPUB, endpoint, &publisher->socket);
}

void zl_publisher_close(struct zl_publisher *publisher, int linger_ms)
{
        zl_socket_close(publisher->socket, linger_ms);
        zl_table_free(&publisher->sequences);
        free(publisher->buffer);
}

void zl_publish_begin(struct zl_publisher *publisher, struct zl_topic topic)
{
        uint64_t *seq =
                zl_table_row(&publisher->sequences, (uint64_t)topic.kind << 32 | topic.id);

        if (!seq) {
                zl_say("out of memory");
                abort();
        }
        const struct zl_header header = {.topic = topic,
                                         .src = publisher->src,
                                         .epoch = publisher->epoch,
                                         .seq = ++*seq,
                                         .ts_ns = zl_now_ns()};
        zl_frame_begin(&publisher->writer, publisher->buffer, BUFFER_SIZE, &header);
}

void zl_publish_add(struct zl_publisher *publisher, enum zl_type type, const void *object)
{
        zl_frame_add_as(&publisher->writer, type, object);
}

void zl_publish_end(struct zl_publisher *publisher)
{
        size_t size;

        if (zl_frame_end(&publisher->writer, &size) != ZL_OK ||
            zl_socket_send(publisher->socket, publisher->buffer, size, false) != ZL_OK)
                zl_say_errno("a frame could not be published");
}

void zl_publish(struct zl_publisher *publisher, struct zl_topic topic, enum zl_type type,
                const void *object)
{
        zl_publish_begin(publisher, topic);
        zl_publish_add(publisher, type, object);
        zl_publish_end(publisher);
}

bool zl_publisher_heard(struct zl_publisher *publisher, char ret_topic[ZL_TOPIC_SIZE + 1])
{
        const uint8_t *data;
        size_t size;

        while (zl_socket_receive(publisher->socket, &data, &size) == ZL_OK) {
                if (size < 1 || data[0] != 1) /* 0: a subscription taken back */
                        continue;
                size_t length = size >= 2 ? size - 2 : 0; /* behind the text's packed length */
                if (length > ZL_TOPIC_SIZE)
                        continue;
                memcpy(ret_topic, data + (size - length), length);
                ret_topic[length] = 0;
                return true;
        }
        return false;
}
