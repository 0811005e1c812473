#include <zeroline/message.h>

#include "core/assert.h"

#include <string.h>

static const char names[ZL_TOPIC_KINDS][5] = {
        [ZL_TOPIC_CTRL] = "ctrl", [ZL_TOPIC_RATE] = "rate", [ZL_TOPIC_MARK] = "mark",
        [ZL_TOPIC_ACCT] = "acct", [ZL_TOPIC_EXEC] = "exec", [ZL_TOPIC_FUND] = "fund",
        [ZL_TOPIC_BEAT] = "beat", [ZL_TOPIC_TIME] = "time", [ZL_TOPIC_ORDR] = "ordr",
        [ZL_TOPIC_PLAN] = "plan", [ZL_TOPIC_ALRT] = "alrt", [ZL_TOPIC_RANK] = "rank",
        [ZL_TOPIC_DEFI] = "defi", [ZL_TOPIC_ADLQ] = "adlq", [ZL_TOPIC_BIDS] = "bids",
        [ZL_TOPIC_SNAP] = "snap", [ZL_TOPIC_TAPE] = "tape",
        [ZL_TOPIC_BOOK] = "book",
};

void zl_topic_format(struct zl_topic topic, char text[ZL_TOPIC_SIZE + 1])
{
        static const char digits[] = "0123456789abcdef";

        ZL_ASSERT(topic.kind < ZL_TOPIC_KINDS);
        memcpy(text, names[topic.kind], 4);
        text[4] = '.';
        for (int i = 0; i < 8; i++)
                text[5 + i] = digits[(topic.id >> (28 - 4 * i)) & 15];
        text[ZL_TOPIC_SIZE] = 0;
}

static int hex_digit(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return -1;
}

static bool parse_kind(const char *text, enum zl_topic_kind *ret_kind)
{
        for (int i = 0; i < ZL_TOPIC_KINDS; i++) {
                if (!memcmp(text, names[i], 4)) {
                        *ret_kind = (enum zl_topic_kind)i;
                        return true;
                }
        }
        return false;
}

bool zl_topic_parse(const char *text, size_t size, struct zl_topic *ret_topic)
{
        struct zl_topic topic = {ZL_TOPIC_CTRL, 0};

        if (size != ZL_TOPIC_SIZE || text[4] != '.' || !parse_kind(text, &topic.kind))
                return false;
        for (int i = 5; i < ZL_TOPIC_SIZE; i++) {
                int digit = hex_digit(text[i]);
                if (digit < 0)
                        return false;
                topic.id = topic.id << 4 | (uint32_t)digit;
        }
        *ret_topic = topic;
        return true;
}

void zl_topic_prefix(struct zl_topic topic, uint8_t prefix[ZL_TOPIC_PREFIX_SIZE])
{
        char text[ZL_TOPIC_SIZE + 1];

        zl_topic_format(topic, text);
        prefix[0] = 0xa0 | ZL_TOPIC_SIZE; /* fixstr */
        memcpy(prefix + 1, text, ZL_TOPIC_SIZE);
}
