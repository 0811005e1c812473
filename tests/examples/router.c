/* router.c - a small order router: takes one decision, prints its orders, and answers that each of
 * them is done. A real one first asks whether the decision may have effect.
 * usage: router ORDERS_ENDPOINT ANSWERS_ENDPOINT */
#include <zeroline/frame.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

static struct zl_message order, answer;
static uint8_t in[ZL_FRAME_SIZE_MAX], out[1 << 16];

static void begin_answer(const char *id)
{
        zl_message_init(&answer, ZL_TYPE_EXEC);
        strcpy(answer.exec.order, id);
        answer.exec.status = ZL_EXEC_STATUS_FILLED;
        answer.exec.final = true;
}

static void cancel(const struct zl_msg_cancel *said)
{
        printf("%s: cancel what pool %s has open\n", said->order, said->pool);
        begin_answer(said->order); /* filled 0: it takes nothing off a position */
}

static void convert(const struct zl_msg_convert *said)
{
        printf("%s: sell %" PRId64 " of asset %" PRIu32 "\n", said->order, said->amount,
               said->asset);
        begin_answer(said->order);
        answer.exec.filled = said->amount;
}

static void liquidate(const struct zl_msg_liquidate *said)
{
        printf("%s: %s %" PRId64 " of instrument %" PRIu32 " at %" PRId64 "\n", said->order,
               said->side == ZL_SIDE_BUY ? "buy" : "sell", said->qty, said->instrument,
               said->price);
        begin_answer(said->order);
        answer.exec.filled = said->qty;
        answer.exec.price = said->price;
        answer.exec.absent &= ~((uint64_t)1 << ZL_AT_exec_price);
}

/* One frame answers all orders of one, on the topic of their partition. */
static bool answer_all(struct zl_frame_reader *reader, size_t *ret_size)
{
        struct zl_header header = {
                {ZL_TOPIC_EXEC, reader->header.topic.id}, .src = 9, .epoch = 1, .seq = 1};
        struct zl_frame_writer writer;

        zl_frame_begin(&writer, out, sizeof out, &header);
        while (zl_frame_next(reader, &order) == ZL_OK) {
                if (order.type == ZL_TYPE_CANCEL)
                        cancel(&order.cancel);
                else if (order.type == ZL_TYPE_CONVERT)
                        convert(&order.convert);
                else if (order.type == ZL_TYPE_LIQUIDATE)
                        liquidate(&order.liquidate);
                else
                        return false;
                zl_frame_add(&writer, &answer);
        }
        return reader->defect == ZL_DEFECT_NONE && zl_frame_end(&writer, ret_size) == ZL_OK;
}

int main(int argc, char **argv)
{
        struct zl_frame_reader reader;
        uint8_t subscription[64];
        size_t answers_size;

        void *context = zmq_ctx_new();
        void *orders = zmq_socket(context, ZMQ_PULL), *execs = zmq_socket(context, ZMQ_XPUB);
        if (argc != 3 || zmq_bind(orders, argv[1]) != 0 || zmq_bind(execs, argv[2]) != 0)
                return 2;
        zmq_recv(execs, subscription, sizeof subscription, 0); /* the worker listens */
        int size = zmq_recv(orders, in, sizeof in, 0);
        bool good = size >= 0 && zl_frame_open(&reader, in, (size_t)size) == ZL_OK &&
                    answer_all(&reader, &answers_size);
        if (good)
                zmq_send(execs, out, answers_size, 0);
        zmq_close(orders);
        zmq_close(execs);
        zmq_ctx_term(context);
        return good ? 0 : 1;
}
