/* feeder.c - a price service in a dozen lines: restates one mark to whoever subscribes first, and
 * says how far it is. usage: feeder ENDPOINT */
#include <zeroline/feeder.h>

#include <zmq.h>

static bool send_frame(void *socket, const void *frame, size_t size)
{
        return zmq_send(socket, frame, size, 0) == (int)size;
}

int main(int argc, char **argv)
{
        const struct zl_topic topic = {ZL_TOPIC_MARK, 7};
        const uint64_t now_ns = 1; /* a real one asks the clock */
        struct zl_message message;
        char subscription[64], prefix[ZL_TOPIC_SIZE + 1] = "";
        int each = 1, size = 0;

        void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_XPUB);
        struct zl_feeder *feeder = zl_feeder_new(2, 1, send_frame, socket);
        if (argc != 2 || !feeder || zmq_setsockopt(socket, ZMQ_XPUB_VERBOSE, &each, sizeof each) ||
            zmq_bind(socket, argv[1]) != 0)
                return 1;
        zl_message_init(&message, ZL_TYPE_MARK);
        message.mark.instrument = 7;
        message.mark.price = 6600050; /* 66000.50 at a price_scale of 2 */
        do /* what is sent before somebody listens is lost */
                size = zmq_recv(socket, subscription, sizeof subscription, 0);
        while (size >= 0 && (!zl_feeder_wanted(subscription, (size_t)size, prefix) ||
                             !zl_feeder_is_wanted(topic, prefix)));
        bool sent = zl_feeder_say(feeder, topic, now_ns, ZL_TYPE_MARK, &message.mark) &&
                    zl_feeder_synced(feeder, topic, now_ns) && zl_feeder_beat(feeder, now_ns);
        zl_feeder_free(feeder);
        zmq_close(socket);
        zmq_ctx_term(context);
        return sent ? 0 : 1;
}
