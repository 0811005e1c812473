/* allow.h - the allow-list: whose keys are known, and what their owners may write.
 *
 *     # who may connect to us, and what frames of it are taken
 *     PUBLIC-KEY  SRC  TOPICS...
 *     # whom we connect to
 *     ENDPOINT  PUBLIC-KEY  SRC  TOPICS...
 *
 * With a list, nothing is heard from an endpoint that is not on it. SRC is a number or a range
 * (1-9). A topic is four letters, or those and an id or a range of ids in hex: acct, mark.00000007,
 * acct.00000000-0000007f; `beat` of one's own src is always one's to write. `-` in the place of a
 * key says that the endpoint is not encrypted. What begins with # is a comment, unless it is a key
 * by itself (a key may begin so, and has 40 characters).
 *
 * Owns: its lines. Thread: read-only once read. */
#ifndef ZL_BUS_ALLOW_H
#define ZL_BUS_ALLOW_H

#include "bus/curve.h"

#include <zeroline/frame.h>

enum {
        ZL_ALLOW_LINES_MAX = 4096,
        ZL_ALLOW_TOPICS_MAX = 24,
        ZL_ALLOW_ENDPOINT_SIZE = 256,
};

struct zl_allow_topics {
        enum zl_topic_kind kind;
        uint32_t first, last;
};

struct zl_allow_line {
        uint32_t number;                       /* in the file, from 1 */
        char endpoint[ZL_ALLOW_ENDPOINT_SIZE]; /* "": who connects to us */
        char key[ZL_CURVE_TEXT_SIZE];          /* "": not encrypted */
        uint32_t src_first, src_last;
        struct zl_allow_topics topics[ZL_ALLOW_TOPICS_MAX];
        uint32_t topics_count;
};

/* Lines by endpoint, key and src. */
struct zl_allow {
        struct zl_allow_line *lines;
        uint32_t count;
};

/* The lines of one endpoint, or of one key: they stand side by side. */
struct zl_allow_span {
        const struct zl_allow_line *lines;
        uint32_t count;
};

enum zl_allow_verdict {
        ZL_ALLOW_GOOD,
        ZL_ALLOW_SRC,   /* the src is not the writer's */
        ZL_ALLOW_TOPIC, /* the topic is not that src's */
};

/* ZL_ERR_SYSTEM or ZL_ERR_INVALID after `ret_why` was filled in: file, line and what is wrong. */
ZL_MUST_CHECK enum zl_err zl_allow_read(const char *path, struct zl_allow *ret_allow,
                                        char ret_why[ZL_CURVE_WHY_SIZE]);
void zl_allow_free(struct zl_allow *allow);

struct zl_allow_span zl_allow_of_endpoint(const struct zl_allow *allow, const char *endpoint);
/* Of those who connect to us. */
struct zl_allow_span zl_allow_of_key(const struct zl_allow *allow, const char *key);
enum zl_allow_verdict zl_allow_judge(struct zl_allow_span span, const struct zl_header *header);

#endif
