#include "app/router/recall.h"

#include <stdio.h>

enum {
        WAIT_MS_MIN = 250,
        WAIT_MS_MAX = 8000,
        PATIENCE_MS_MIN = 1000, /* before a person hears of it */
        PATIENCE_MS_MAX = 64000,
        NS_A_MS = 1000000,
};

struct partition {
        uint32_t id;
        bool sent, on_exec, on_acct; /* the recall, and where it came back */
};

static struct partition *row_at(const struct zl_recall *recall, uint32_t row)
{
        return (struct partition *)recall->partitions.rows + row;
}

static bool is_settled(const struct partition *partition)
{
        return partition->on_exec && partition->on_acct;
}

void zl_recall_open(struct zl_recall *recall)
{
        *recall = (struct zl_recall){.partitions = {.row_size = sizeof(struct partition)},
                                     .wait_ms = WAIT_MS_MIN,
                                     .patience_ms = PATIENCE_MS_MIN};
}

void zl_recall_close(struct zl_recall *recall)
{
        zl_table_free(&recall->partitions);
}

bool zl_recall_meet(struct zl_recall *recall, uint32_t id)
{
        uint32_t before = recall->partitions.map.count;
        struct partition *partition = zl_table_row(&recall->partitions, id);

        if (!partition || recall->partitions.map.count == before)
                return false;
        partition->id = id;
        recall->unsettled++;
        return true;
}

void zl_recall_begin(struct zl_recall *recall)
{
        uint32_t count = recall->partitions.map.count;

        for (uint32_t i = 0; i < count; i++) {
                uint32_t id = row_at(recall, i)->id;
                *row_at(recall, i) = (struct partition){.id = id};
        }
        recall->unsettled = count;
        recall->next = 0;
        recall->wait_ms = WAIT_MS_MIN;
}

bool zl_recall_hear(struct zl_recall *recall, struct zl_topic topic)
{
        struct partition *partition = zl_table_get(&recall->partitions, topic.id);

        if (!partition || is_settled(partition))
                return false;
        partition->on_exec |= topic.kind == ZL_TOPIC_EXEC;
        partition->on_acct |= topic.kind == ZL_TOPIC_ACCT;
        if (!is_settled(partition))
                return false;
        if (--recall->unsettled == 0)
                recall->wait_ms = WAIT_MS_MIN;
        return true;
}

uint32_t zl_recall_partition(const struct zl_recall *recall, uint32_t row)
{
        return row_at(recall, row)->id;
}

bool zl_recall_is_settled(const struct zl_recall *recall, uint32_t id)
{
        const struct partition *partition = zl_table_get(&recall->partitions, id);

        return partition && is_settled(partition);
}

/* ---- rounds ---- */

bool zl_recall_next(struct zl_recall *recall, uint64_t now_ns, uint32_t *ret_partition)
{
        uint32_t count = recall->partitions.map.count;

        if (recall->next == count && recall->unsettled && now_ns >= recall->due_ns) {
                recall->next = 0;
                if (recall->wait_ms < WAIT_MS_MAX)
                        recall->wait_ms *= 2;
        }
        while (recall->next < count && is_settled(row_at(recall, recall->next)))
                recall->next++;
        if (recall->next == count)
                return false;
        *ret_partition = row_at(recall, recall->next)->id;
        return true;
}

void zl_recall_sent(struct zl_recall *recall, uint64_t now_ns)
{
        row_at(recall, recall->next)->sent = true;
        recall->next++;
        recall->due_ns = now_ns + recall->wait_ms * NS_A_MS;
}

/* ---- words ---- */

static void say_counts(const struct zl_recall *recall, char text[ZL_RECALL_TEXT_SIZE])
{
        uint32_t count = recall->partitions.map.count, unsent = 0, no_exec = 0, no_acct = 0;

        for (uint32_t i = 0; i < count; i++) {
                const struct partition *partition = row_at(recall, i);
                unsent += !partition->sent;
                no_exec += partition->sent && !partition->on_exec;
                no_acct += partition->sent && !partition->on_acct;
        }
        snprintf(text, ZL_RECALL_TEXT_SIZE,
                 "nothing is admitted yet in %u of %u partitions: the venue has not taken the "
                 "recall of %u, not passed it on (exec) in %u; the ledger not (acct) in %u",
                 recall->unsettled, count, unsent, no_exec, no_acct);
}

bool zl_recall_complaint(struct zl_recall *recall, uint64_t now_ns,
                         char ret_text[ZL_RECALL_TEXT_SIZE])
{
        if (recall->unsettled == 0) {
                bool complained = recall->patience_ms > PATIENCE_MS_MIN;
                recall->complain_ns = 0;
                recall->patience_ms = PATIENCE_MS_MIN;
                if (complained)
                        snprintf(ret_text, ZL_RECALL_TEXT_SIZE,
                                 "all %u partitions are recalled: decisions are admitted",
                                 recall->partitions.map.count);
                return complained;
        }
        bool is_due = recall->complain_ns && now_ns >= recall->complain_ns;
        if (is_due) {
                say_counts(recall, ret_text);
                if (recall->patience_ms < PATIENCE_MS_MAX)
                        recall->patience_ms *= 2;
        }
        if (is_due || !recall->complain_ns)
                recall->complain_ns = now_ns + recall->patience_ms * NS_A_MS;
        return is_due;
}
