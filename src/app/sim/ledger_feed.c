#include "app/sim/ledger_feed.h"

static struct zl_topic topic_of(const struct zl_ledger_feed *feed,
                                const struct zl_world_account *account)
{
        return (struct zl_topic){ZL_TOPIC_ACCT, zl_partition(account->id, feed->partitions)};
}

static void say_account(struct zl_ledger_feed *feed, const struct zl_world_account *account)
{
        zl_world_say_account(feed->world, account, feed->account);
        zl_publish(feed->publisher, topic_of(feed, account), ZL_TYPE_ACCOUNT, feed->account);
}

static struct zl_topic say_fund(struct zl_ledger_feed *feed)
{
        struct zl_msg_fund fund;
        struct zl_topic topic = {.kind = ZL_TOPIC_FUND};

        zl_world_say_fund(feed->world, &fund);
        topic.id = fund.fund;
        zl_publish(feed->publisher, topic, ZL_TYPE_FUND, &fund);
        return topic;
}

/* ---- commits ---- */

void zl_ledger_begin(struct zl_ledger_feed *feed)
{
        struct zl_books *books = &feed->world->books;

        if (books->changes || books->commit == 0)
                zl_books_begin(books);
}

void zl_ledger_changed(struct zl_ledger_feed *feed, struct zl_world_account *account)
{
        account->commit = feed->world->books.commit;
        feed->world->books.changes++;
        say_account(feed, account);
}

void zl_ledger_fund_changed(struct zl_ledger_feed *feed)
{
        feed->world->fund_commit = feed->world->books.commit;
        feed->world->books.changes++;
        say_fund(feed);
}

/* Behind the statements of all that it changed. */
void zl_ledger_end(struct zl_ledger_feed *feed)
{
        struct zl_msg_commit commit;

        if (!feed->world->books.changes)
                return;
        zl_world_say_commit(feed->world, &commit);
        zl_publish(feed->publisher, (struct zl_topic){ZL_TOPIC_BOOK, 0}, ZL_TYPE_COMMIT, &commit);
}

/* ---- restating ---- */

void zl_ledger_restate_accounts(struct zl_ledger_feed *feed, const char *wanted)
{
        for (uint32_t i = 0; i < feed->world->accounts_count; i++) {
                if (zl_feeder_is_wanted(topic_of(feed, &feed->world->accounts[i]), wanted))
                        say_account(feed, &feed->world->accounts[i]);
        }
        for (uint32_t p = 0; p < feed->partitions; p++) {
                struct zl_topic topic = {ZL_TOPIC_ACCT, p};
                if (zl_feeder_is_wanted(topic, wanted))
                        zl_publish_synced(feed->publisher, topic);
        }
}

void zl_ledger_restate_fund(struct zl_ledger_feed *feed)
{
        zl_publish_synced(feed->publisher, say_fund(feed));
}
