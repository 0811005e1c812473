/* ledger_bus.h - engines, and what is on its way to them and from them.
 *
 * Answers: what does an engine say to what it hears? In order, everything reaches the one engine
 * at once and as it was said. Otherwise every topic is a queue of its own for every engine, and
 * what comes first is drawn; frames are lost and repeated where the bus may do so.
 * Owns: engines, and copies of messages. Thread: one. */
#ifndef ZL_TESTS_LEDGER_BUS_H
#define ZL_TESTS_LEDGER_BUS_H

#include "scenario.h"

#include <zeroline/engine.h>

enum { BUS_ENGINES = 2, BUS_STREAMS = 40, BUS_PARTITIONS = 2, BUS_FRAMES = 512 };

/* One message of a frame that an engine said for somebody outside. */
struct bus_row {
        enum zl_type type;
        union {
                struct zl_msg_cancel cancel;
                struct zl_msg_convert convert;
                struct zl_msg_liquidate liquidate;
                struct zl_msg_takeover takeover;
                struct zl_msg_adl adl;
                struct zl_msg_socialize socialize;
                struct zl_msg_alert alert;
                struct zl_msg_deficit deficit;
        };
};

struct bus_frame {
        struct zl_topic topic;
        struct bus_row *rows;
        uint32_t count, capacity;
};

struct bus_item {
        struct zl_header header;
        enum zl_type type;
        void *object;
};

struct bus_stream {
        struct zl_topic topic;
        uint64_t seq; /* last given */
        struct bus_item *items;
        uint32_t first, count, capacity;
};

struct bus_engine {
        struct zl_engine_config config;
        void *memory;
        struct zl_engine *engine;
        struct zl_outbox outbox;
        struct bus_stream streams[BUS_STREAMS]; /* in order, two: between workers, and all else */
        uint32_t streams_count;
        uint32_t waiting;                /* messages */
        uint64_t refused;                /* before it was last started again */
        struct bus_frame frames[BUS_FRAMES]; /* said, for the ledger and the router */
        uint32_t frames_first, frames_count;
};

struct bus {
        uint32_t engines_count;
        bool ordered;
        bool crossed;  /* what workers say to each other reaches all */
        bool reliable; /* nothing is lost or repeated any more */
        uint64_t random;
        struct bus_engine engines[BUS_ENGINES];
        uint64_t seqs[ZL_TOPIC_KINDS][16];
        size_t memory_size;
        struct zl_message *message;
        struct scenario scenario; /* what the first engine heard from outside */
        uint64_t heard, said; /* said: ranks and alerts aside */
};

void bus_open(struct bus *bus);
void bus_close(struct bus *bus);
/* Fresh engines and empty queues. */
void bus_begin(struct bus *bus, uint64_t seed, uint32_t engines_count, bool ordered, bool crossed);
/* A fresh engine in the place of one that was lost, with all it said and had not heard. */
void bus_restart(struct bus *bus, uint32_t engine);

/* To all engines. */
void bus_say(struct bus *bus, struct zl_topic topic, uint64_t ts_ns, enum zl_type type,
             const void *object);
void bus_say_to(struct bus *bus, uint32_t engine, struct zl_topic topic, uint64_t ts_ns,
                enum zl_type type, const void *object);
/* Takes the next message to the engine; what it says is added to its frames. False: none. */
bool bus_deliver(struct bus *bus, uint32_t engine);
/* The engine's first frame, or NULL; the caller is done with it before the next delivery. */
struct bus_frame *bus_frame(struct bus *bus, uint32_t engine);
void bus_drop_frame(struct bus *bus, uint32_t engine);
/* Between workers: what goes on inside one worker, before anything else reaches it. */
bool bus_between(const struct bus *bus, uint32_t engine);

#endif
