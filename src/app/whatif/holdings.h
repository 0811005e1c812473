/* holdings.h - what an account holds, as its ledger states it.
 *
 * Answers: what does this message make of it? Rows are as on the wire, with what the wire leaves
 * out filled in: a position's revision, and the funding index that it has paid up to where that is
 * known. Owns: two arrays that grow up to what one message can list. Thread: its owner's. */
#ifndef ZL_APP_WHATIF_HOLDINGS_H
#define ZL_APP_WHATIF_HOLDINGS_H

#include <zeroline/message.h>

enum { ZL_HOLDINGS_BALANCES_MAX = 64, ZL_HOLDINGS_POSITIONS_MAX = 512 };

struct zl_holdings {
        uint64_t rev, cross_rev;
        uint32_t policy;
        struct zl_row_balance *balances;
        struct zl_row_position *positions;
        uint32_t balances_count, positions_count, balances_room, positions_room;
};

/* The funding index of an instrument now. False: it has had no mark. */
typedef bool zl_holdings_funding(const void *context, uint32_t instrument, int64_t *ret_index);

void zl_holdings_free(struct zl_holdings *holdings);
/* False: out of memory. */
ZL_MUST_CHECK bool zl_holdings_copy(struct zl_holdings *to, const struct zl_holdings *from);

/* Whether the message is the next one by its revision and breaks no rule; else it changes nothing,
 * as in an engine. */
ZL_MUST_CHECK bool zl_holdings_accept(const struct zl_holdings *holdings,
                                      const struct zl_msg_account *said);
/* Takes over one that was accepted. False: out of memory, or more rows than a message can list. */
ZL_MUST_CHECK bool zl_holdings_take(struct zl_holdings *holdings,
                                    const struct zl_msg_account *said, zl_holdings_funding *funding,
                                    const void *context);

/* NULL: there is none. Rows move when one is added or removed. */
struct zl_row_balance *zl_holdings_balance(const struct zl_holdings *holdings, uint32_t asset);
struct zl_row_position *zl_holdings_position(const struct zl_holdings *holdings,
                                             uint32_t instrument, enum zl_leg leg,
                                             enum zl_mode mode);
/* The same, made where there is none. NULL: no room. */
struct zl_row_balance *zl_holdings_need_balance(struct zl_holdings *holdings, uint32_t asset);
struct zl_row_position *zl_holdings_need_position(struct zl_holdings *holdings,
                                                  const struct zl_row_position *like);
void zl_holdings_drop_position(struct zl_holdings *holdings, struct zl_row_position *row);

/* All of it as one full message. */
void zl_holdings_say(const struct zl_holdings *holdings, uint64_t account,
                     struct zl_msg_account *ret_said);

#endif
