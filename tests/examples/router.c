/* router.c - an order router in a dozen lines: takes one frame of orders, prints what to liquidate,
 * and answers that it was filled.
 * usage: router ORDERS_ENDPOINT ANSWERS_ENDPOINT */
#include <zeroline/frame.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

static struct zl_message order, answer;
static uint8_t in[ZL_FRAME_SIZE_MAX], out[4096];

/* One exec for one order, on the topic of the order's partition. */
static size_t answer_frame(const struct zl_header *from, const struct zl_msg_liquidate *liquidate)
{
        struct zl_header header = {{ZL_TOPIC_EXEC, from->topic.id}, .src = 9, .epoch = 1, .seq = 1};
        struct zl_frame_writer writer;
        size_t size;

        zl_message_init(&answer, ZL_TYPE_EXEC);
        memcpy(answer.exec.order, liquidate->order, sizeof answer.exec.order);
        answer.exec.status = ZL_EXEC_STATUS_FILLED;
        answer.exec.final = true;
        answer.exec.filled = liquidate->qty;
        answer.exec.price = liquidate->price;
        answer.exec.absent &= ~((uint64_t)1 << ZL_AT_exec_price);
        zl_frame_begin(&writer, out, sizeof out, &header);
        zl_frame_add(&writer, &answer);
        return zl_frame_end(&writer, &size) == ZL_OK ? size : 0;
}

int main(int argc, char **argv)
{
        struct zl_frame_reader reader;
        uint8_t subscription[64];
        size_t answers = 0;

        void *context = zmq_ctx_new();
        void *orders = zmq_socket(context, ZMQ_PULL), *execs = zmq_socket(context, ZMQ_XPUB);
        if (argc != 3 || zmq_bind(orders, argv[1]) != 0 || zmq_bind(execs, argv[2]) != 0)
                return 2;
        zmq_recv(execs, subscription, sizeof subscription, 0); /* the worker listens */
        int size = zmq_recv(orders, in, sizeof in, 0);
        if (size < 0 || zl_frame_open(&reader, in, (size_t)size) != ZL_OK)
                return 1;
        while (zl_frame_next(&reader, &order) == ZL_OK) {
                const struct zl_msg_liquidate *liquidate = &order.liquidate;
                if (order.type != ZL_TYPE_LIQUIDATE)
                        continue;
                printf("%s: %s %" PRId64 " of instrument %" PRIu32 " at %" PRId64 "\n",
                       liquidate->order, liquidate->side == ZL_SIDE_BUY ? "buy" : "sell",
                       liquidate->qty, liquidate->instrument, liquidate->price);
                zmq_send(execs, out, answer_frame(&reader.header, liquidate), 0);
                answers++;
        }
        zmq_close(orders);
        zmq_close(execs);
        zmq_ctx_term(context);
        return answers > 0 && reader.defect == ZL_DEFECT_NONE ? 0 : 1;
}
