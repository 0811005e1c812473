#include "app/publisher.h"

#include "app/clock.h"
#include "app/say.h"

static bool send_frame(void *context, const void *frame, size_t size)
{
        struct zl_publisher *publisher = context;

        if (publisher->also)
                publisher->also_sent =
                        zl_socket_send(publisher->also, frame, size, false) == ZL_OK;
        return zl_socket_send(publisher->socket, frame, size, false) == ZL_OK;
}

enum zl_err zl_publisher_open(struct zl_publisher *publisher, struct zl_bus *bus,
                              const char *endpoint, uint32_t src)
{
        *publisher = (struct zl_publisher){.src = src, .epoch = zl_now_ns()};
        publisher->feeder = zl_feeder_new(src, publisher->epoch, send_frame, publisher);
        if (!publisher->feeder)
                return ZL_ERR_SYSTEM;
        return zl_socket_open(bus, ZL_SOCKET_XPUB, endpoint, &publisher->socket);
}

enum zl_err zl_publisher_restart(struct zl_publisher *publisher)
{
        uint64_t now_ns = zl_now_ns();
        uint64_t epoch = now_ns > publisher->epoch ? now_ns : publisher->epoch + 1;
        struct zl_feeder *feeder = zl_feeder_new(publisher->src, epoch, send_frame, publisher);

        if (!feeder)
                return ZL_ERR_SYSTEM;
        zl_feeder_free(publisher->feeder);
        publisher->feeder = feeder;
        publisher->epoch = epoch;
        return ZL_OK;
}

void zl_publisher_close(struct zl_publisher *publisher, int linger_ms)
{
        zl_socket_close(publisher->socket, linger_ms);
        zl_feeder_free(publisher->feeder);
}

static void check(bool sent)
{
        if (!sent)
                zl_say_errno("a frame could not be published");
}

void zl_publish_begin(struct zl_publisher *publisher, struct zl_topic topic)
{
        zl_feeder_begin(publisher->feeder, topic, zl_now_ns());
}

void zl_publish_add(struct zl_publisher *publisher, enum zl_type type, const void *object)
{
        zl_feeder_add(publisher->feeder, type, object);
}

void zl_publish_add_bytes(struct zl_publisher *publisher, const void *messages, size_t size)
{
        zl_feeder_add_bytes(publisher->feeder, messages, size);
}

bool zl_publish_end_to(struct zl_publisher *publisher, struct zl_socket *also)
{
        publisher->also = also;
        publisher->also_sent = false;
        check(zl_feeder_end(publisher->feeder));
        publisher->also = NULL;
        return publisher->also_sent;
}

void zl_publish_end(struct zl_publisher *publisher)
{
        check(zl_feeder_end(publisher->feeder));
}

void zl_publish(struct zl_publisher *publisher, struct zl_topic topic, enum zl_type type,
                const void *object)
{
        check(zl_feeder_say(publisher->feeder, topic, zl_now_ns(), type, object));
}

void zl_publish_synced(struct zl_publisher *publisher, struct zl_topic topic)
{
        check(zl_feeder_synced(publisher->feeder, topic, zl_now_ns()));
}

void zl_publish_beat(struct zl_publisher *publisher)
{
        check(zl_feeder_beat(publisher->feeder, zl_now_ns()));
}

bool zl_publisher_heard(struct zl_publisher *publisher, char ret_prefix[ZL_TOPIC_SIZE + 1])
{
        const uint8_t *data;
        size_t size;

        while (zl_socket_receive(publisher->socket, &data, &size) == ZL_OK) {
                if (zl_feeder_wanted(data, size, ret_prefix))
                        return true;
        }
        return false;
}
