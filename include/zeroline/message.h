/* message.h - the messages as C structs, made from proto/messages.def.
 *
 * Answers: what may be said on the bus. Every struct begins with `absent`: bit i is set when field
 * i (from 0, in the order of the table) is nil on the wire; the field's value is then its default,
 * or zero. A list is an array and a count. Structs own no memory: `snapshot_part.data` and
 * `frames_part.frames` point into the frame they were decoded from. */
#ifndef ZEROLINE_MESSAGE_H
#define ZEROLINE_MESSAGE_H

#include "base.h"

ZL_BEGIN_C

/* What an int64 counts, and so where its decimal point is looked up. */
enum zl_unit {
        ZL_UNIT_PRICE,        /* 10^-price_scale of the record's instrument */
        ZL_UNIT_QTY,          /* 10^-qty_scale of the record's instrument */
        ZL_UNIT_SETTLE,       /* 10^-scale of that instrument's settle asset */
        ZL_UNIT_ASSET,        /* 10^-scale of the record's asset */
        ZL_UNIT_RATE,         /* 10^-rate_scale of the record's asset */
        ZL_UNIT_PPB,          /* 10^-9 */
        ZL_UNIT_FUNDING,      /* 10^-12 of the settle asset for a quantity of 1 */
        ZL_UNIT_TIER,         /* settle asset or quantity, as the instrument's tier_by says */
        ZL_UNIT_NUMERAIRE,    /* 10^-scale of the numeraire */
        ZL_UNIT_FUND,         /* 10^-scale of the fund's asset */
        ZL_UNIT_ORDER_QTY,    /* as PRICE, QTY and SETTLE, of the instrument the order was for */
        ZL_UNIT_ORDER_PRICE,
        ZL_UNIT_ORDER_SETTLE,
};

/* The first four letters of a topic; what its eight hex digits name. */
enum zl_topic_kind {
        ZL_TOPIC_CTRL, /* 0 */
        ZL_TOPIC_RATE, /* asset */
        ZL_TOPIC_MARK, /* instrument */
        ZL_TOPIC_ACCT, /* partition */
        ZL_TOPIC_EXEC, /* partition */
        ZL_TOPIC_FUND, /* fund */
        ZL_TOPIC_BEAT, /* src */
        ZL_TOPIC_TIME, /* src; on tapes only */
        ZL_TOPIC_ORDR, /* partition */
        ZL_TOPIC_PLAN, /* fund */
        ZL_TOPIC_ALRT, /* partition */
        ZL_TOPIC_RANK, /* instrument */
        ZL_TOPIC_DEFI, /* the coordinator's partition */
        ZL_TOPIC_ADLQ, /* fund */
        ZL_TOPIC_BIDS, /* partition */
        ZL_TOPIC_SNAP, /* partition */
        ZL_TOPIC_TAPE, /* 0; on tapes only */
        ZL_TOPIC_BOOK, /* 0 */
        ZL_TOPIC_KINDS,
        ZL_TOPIC_ANY = ZL_TOPIC_KINDS, /* a message that goes out on every topic of its source */
};

#define ZL_ENUM(enum_) enum zl_##enum_ {
#define ZL_NAME(enum_, VALUE, name) ZL_##VALUE,
#define ZL_NONE(enum_, VALUE) ZL_##VALUE,
#define ZL_ENUM_END(enum_) };
#include "messages.def"

/* Message types, with their numbers on the wire. */
enum zl_type {
        ZL_TYPE_NONE = 0,
#define ZL_MESSAGE(id, TYPE, message, topic, doc) ZL_TYPE_##TYPE = id,
#include "messages.def"
        ZL_TYPE_LIMIT = 64,
};

typedef uint32_t zl_u32;
typedef uint64_t zl_u64;

#define ZL_ROW(row, doc) struct zl_row_##row { uint64_t absent;
#define ZL_ROW_END(row) };
#define ZL_MESSAGE(id, TYPE, message, topic, doc) struct zl_msg_##message { uint64_t absent;
#define ZL_MESSAGE_END(message) };
#define ZL_UINT(owner, ctype, field, presence, value, doc) zl_##ctype field;
#define ZL_BOOL(owner, field, presence, value, doc) bool field;
#define ZL_CHOICE(owner, enum_, field, presence, value, doc) enum zl_##enum_ field;
#define ZL_INT(owner, unit, field, presence, value, doc) int64_t field;
#define ZL_TEXT(owner, capacity, field, presence, doc) char field[capacity];
#define ZL_BYTES(owner, field, doc) const uint8_t *field; uint32_t field##_size;
#define ZL_LIST(owner, row, field, most, doc) \
        uint32_t field##_count; struct zl_row_##row field[most];
#include "messages.def"

/* One message of any type. */
struct zl_message {
        enum zl_type type;
        union {
#define ZL_MESSAGE(id, TYPE, message, topic, doc) struct zl_msg_##message message;
#include "messages.def"
        };
};

/* Bit numbers for `absent`: ZL_AT_position_margin is the place of `margin` in a position. */
#define ZL_ROW(row, doc) enum zl_at_row_##row {
#define ZL_ROW_END(row) ZL_AT_##row##_fields };
#define ZL_MESSAGE(id, TYPE, message, topic, doc) enum zl_at_message_##message {
#define ZL_MESSAGE_END(message) ZL_AT_##message##_fields };
#define ZL_UINT(owner, ctype, field, presence, value, doc) ZL_AT_##owner##_##field,
#define ZL_BOOL(owner, field, presence, value, doc) ZL_AT_##owner##_##field,
#define ZL_CHOICE(owner, enum_, field, presence, value, doc) ZL_AT_##owner##_##field,
#define ZL_INT(owner, unit, field, presence, value, doc) ZL_AT_##owner##_##field,
#define ZL_TEXT(owner, capacity, field, presence, doc) ZL_AT_##owner##_##field,
#define ZL_BYTES(owner, field, doc) ZL_AT_##owner##_##field,
#define ZL_LIST(owner, row, field, most, doc) ZL_AT_##owner##_##field,
#include "messages.def"

/* Whether a field is nil: ZL_ABSENT(row, position, margin). */
#define ZL_ABSENT(object, owner, field) ((((object)->absent) >> ZL_AT_##owner##_##field) & 1)

/* Where a frame came from and where it belongs. */
struct zl_topic {
        enum zl_topic_kind kind;
        uint32_t id;
};

struct zl_header {
        struct zl_topic topic;
        uint32_t src;
        uint64_t epoch;
        uint64_t seq;
        uint64_t ts_ns;
};

enum {
        ZL_TOPIC_SIZE = 13,        /* "acct.000001ff" */
        ZL_TOPIC_PREFIX_SIZE = 14, /* packed */
};

/* Writes "acct.000001ff" and a terminating zero. */
ZL_API void zl_topic_format(struct zl_topic topic, char text[ZL_TOPIC_SIZE + 1]);
ZL_API ZL_MUST_CHECK bool zl_topic_parse(const char *text, size_t size, struct zl_topic *ret_topic);
/* Writes the prefix of a frame, which is what to subscribe to. */
ZL_API void zl_topic_prefix(struct zl_topic topic, uint8_t prefix[ZL_TOPIC_PREFIX_SIZE]);

/* Makes `message` an empty one of this type: every field at its default, lists empty. */
ZL_API void zl_message_init(struct zl_message *message, enum zl_type type);

/* The size of this type's struct; 0 for an unknown type. */
ZL_API size_t zl_message_size(enum zl_type type);

ZL_API uint64_t zl_mix64(uint64_t z);
/* The partition of an account, or the coordinating partition of a fund. partitions > 0. */
ZL_API uint32_t zl_partition(uint64_t id, uint32_t partitions);

ZL_END_C

#endif
