/* feeder.c - a price service in a dozen lines: publishes one mark to whoever subscribes first.
 * usage: feeder ENDPOINT */
#include <zeroline/frame.h>

#include <zmq.h>

int main(int argc, char **argv)
{
        struct zl_header header = {{ZL_TOPIC_MARK, 7}, .src = 2, .epoch = 1, .seq = 1, .ts_ns = 1};
        struct zl_frame_writer writer;
        struct zl_message message;
        uint8_t frame[512], subscription[64];
        size_t size;

        void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_XPUB);
        if (argc != 2 || zmq_bind(socket, argv[1]) != 0)
                return 1;
        zl_message_init(&message, ZL_TYPE_MARK);
        message.mark.instrument = 7;
        message.mark.price = 6600050; /* 66000.50 at a price_scale of 2 */
        zl_frame_begin(&writer, frame, sizeof frame, &header);
        zl_frame_add(&writer, &message);
        if (zl_frame_end(&writer, &size) != ZL_OK)
                return 1;
        zmq_recv(socket, subscription, sizeof subscription, 0); /* what is sent before is lost */
        bool sent = zmq_send(socket, frame, size, 0) == (int)size;
        zmq_close(socket);
        zmq_ctx_term(context);
        return sent ? 0 : 1;
}
