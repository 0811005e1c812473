#include "app/show/census.h"

#include "app/say.h"
#include "core/schema.h"

#include <stdio.h>

void zl_census_count(struct zl_census *census, const struct zl_header *header,
                     const struct zl_message *message, uint32_t place, size_t frame_size)
{
        struct zl_census_row *row = &census->rows[message->type];

        row->messages++;
        if (place > 0)
                return;
        row->frames++;
        row->bytes += frame_size;
        if (header->ts_ns == 0)
                return;
        if (row->first_ns == 0 || header->ts_ns < row->first_ns)
                row->first_ns = header->ts_ns;
        if (header->ts_ns > row->last_ns)
                row->last_ns = header->ts_ns;
}

static double seconds_of(const struct zl_census_row *row)
{
        return (double)(row->last_ns - row->first_ns) / 1e9;
}

static void print_row(const char *name, const struct zl_census_row *row)
{
        double span = seconds_of(row);

        printf("%-14s %12llu %12llu %14llu", name, (unsigned long long)row->messages,
               (unsigned long long)row->frames, (unsigned long long)row->bytes);
        if (span > 0)
                printf(" %10.3f %12.1f\n", span, (double)row->messages / span);
        else
                printf(" %10s %12s\n", "-", "-");
}

static void print_json(const char *name, const struct zl_census_row *row)
{
        printf("{\"type\":\"%s\",\"messages\":%llu,\"frames\":%llu,\"bytes\":%llu,"
               "\"first_ns\":%llu,\"last_ns\":%llu}\n",
               name, (unsigned long long)row->messages, (unsigned long long)row->frames,
               (unsigned long long)row->bytes, (unsigned long long)row->first_ns,
               (unsigned long long)row->last_ns);
}

static void add(struct zl_census_row *sum, const struct zl_census_row *row)
{
        sum->messages += row->messages;
        sum->frames += row->frames;
        sum->bytes += row->bytes;
        if (row->first_ns && (sum->first_ns == 0 || row->first_ns < sum->first_ns))
                sum->first_ns = row->first_ns;
        if (row->last_ns > sum->last_ns)
                sum->last_ns = row->last_ns;
}

bool zl_census_print(const struct zl_census *census, bool json)
{
        struct zl_census_row all = {0};

        if (!json)
                printf("%-14s %12s %12s %14s %10s %12s\n", "type", "messages", "frames", "bytes",
                       "seconds", "messages/s");
        for (uint32_t type = 0; type < ZL_TYPE_LIMIT; type++) {
                const struct zl_census_row *row = &census->rows[type];
                if (row->messages == 0)
                        continue;
                (json ? print_json : print_row)(zl_schema_message(type)->name, row);
                add(&all, row);
        }
        if (!json)
                print_row("all", &all);
        if (fflush(stdout) == 0)
                return true;
        zl_say_errno("cannot write to stdout");
        return false;
}
