#include "app/ranges.h"

#include "app/say.h"

#include <stdlib.h>
#include <string.h>

static bool take_number(const char **at, uint32_t most, uint32_t *ret_number)
{
        char *end;

        if (**at < '0' || **at > '9')
                return false;
        unsigned long number = strtoul(*at, &end, 10);
        if (number > most)
                return false;
        *at = end;
        *ret_number = (uint32_t)number;
        return true;
}

static bool take_range(const char **at, uint32_t partitions, struct zl_partition_range *ret_range)
{
        struct zl_partition_range range;

        if (!take_number(at, partitions - 1, &range.first))
                return false;
        range.last = range.first;
        if (**at == '-') {
                ++*at;
                if (!take_number(at, partitions - 1, &range.last) || range.last < range.first)
                        return false;
        }
        *ret_range = range;
        return true;
}

/* The digits before the stroke are the share's number, whatever stands before them. */
static bool take_share(const char *text, const char *stroke, uint32_t partitions,
                       struct zl_partition_range *ret_range)
{
        const char *at = stroke;
        uint32_t share, shares;

        while (at > text && at[-1] >= '0' && at[-1] <= '9')
                at--;
        bool good = at == text || at[-1] == '-';
        good = good && take_number(&at, partitions - 1, &share) && at == stroke;
        at = stroke + 1;
        if (!good || !take_number(&at, partitions, &shares) || *at || share >= shares) {
                zl_say("partitions \"%s\": expected K/N or NAME-K/N, K below N, N at most %u", text,
                       partitions);
                return false;
        }
        ret_range->first = (uint32_t)((uint64_t)partitions * share / shares);
        ret_range->last = (uint32_t)((uint64_t)partitions * (share + 1) / shares) - 1;
        return true;
}

bool zl_ranges_parse(const char *text, uint32_t partitions, struct zl_partition_range *ret_ranges,
                     uint32_t *ret_count)
{
        const char *at = text, *stroke = strchr(text, '/');
        uint32_t count = 0;

        if (stroke) {
                *ret_count = 1;
                return take_share(text, stroke, partitions, ret_ranges);
        }

        do {
                if (count == ZL_RANGES_MAX || !take_range(&at, partitions, &ret_ranges[count++])) {
                        zl_say("partitions \"%s\": expected ranges like 0-63,70 below %u, at most "
                               "%d of them",
                               text, partitions, ZL_RANGES_MAX);
                        return false;
                }
        } while (*at == ',' && at++);
        for (uint32_t i = 0; i < count; i++) {
                if (zl_ranges_have(ret_ranges, i, ret_ranges[i].first) ||
                    zl_ranges_have(ret_ranges, i, ret_ranges[i].last) ||
                    (i > 0 && ret_ranges[i].first <= ret_ranges[i - 1].last)) {
                        zl_say("partitions \"%s\": ranges rise and do not overlap", text);
                        return false;
                }
        }
        if (*at) {
                zl_say("partitions \"%s\": \"%s\" is no range", text, at);
                return false;
        }
        *ret_count = count;
        return true;
}

bool zl_ranges_have(const struct zl_partition_range *ranges, uint32_t count, uint32_t partition)
{
        for (uint32_t i = 0; i < count; i++) {
                if (partition >= ranges[i].first && partition <= ranges[i].last)
                        return true;
        }
        return false;
}
