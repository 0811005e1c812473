#include "app/sim/plans.h"

#include "core/key.h"

#include <zeroline/frame.h>

#include <xxhash.h>

/* One pool of an account; its money. */
struct side {
        struct zl_world_account *account;
        struct zl_world_position *position; /* NULL: none of this instrument */
        int64_t *money;
};

static uint64_t base_of(const struct zl_world_account *account,
                        const struct zl_world_position *position)
{
        return account->cross ? account->cross_rev : position->rev;
}

/* False: there is no such pool. */
static bool find(struct zl_world *world, uint64_t id, struct zl_pool_id pool, uint32_t instrument,
                 struct side *ret_side)
{
        struct zl_world_account *account = zl_world_account(world, id);

        if (!account || account->cross != pool.cross || pool.leg != ZL_LEG_NET)
                return false;
        *ret_side = (struct side){.account = account, .money = &account->usdt};
        for (uint32_t i = 0; i < account->positions_count; i++) {
                struct zl_world_position *position = &account->positions[i];
                uint32_t of = world->instruments[position->instrument].id;
                if (pool.cross ? of == instrument : of == pool.instrument)
                        ret_side->position = position;
        }
        if (!pool.cross && !ret_side->position)
                return false;
        if (!pool.cross)
                ret_side->money = &ret_side->position->margin;
        return true;
}

/* The loser, while its base is the key's. */
static bool find_loser(struct zl_world *world, const char *text, uint32_t instrument,
                       struct side *ret_side)
{
        struct zl_key key;

        if (!zl_key_parse(text, &key) ||
            !find(world, key.account, key.pool, instrument, ret_side))
                return false;
        return ret_side->account->changed || /* by an earlier row of this plan */
               base_of(ret_side->account, ret_side->position) == key.base;
}

static void move(struct side *side)
{
        struct zl_world_account *account = side->account;

        if (!account->changed)
                account->rev++;
        account->changed = true;
        if (account->cross)
                account->cross_rev = account->rev;
        else
                side->position->rev = account->rev;
}

/* So much of it goes at this price; what it gains is the pool's. Answers the gain. */
static int64_t close_at(const struct zl_world *world, struct side *side, int64_t qty, int64_t price)
{
        struct zl_world_position *position = side->position;
        const struct zl_world_instrument *of = &world->instruments[position->instrument];
        int64_t rise = zl_world_value(of, qty, price) - zl_world_value(of, qty, position->entry);
        int64_t gain = position->qty > 0 ? rise : -rise;

        position->qty -= position->qty > 0 ? qty : -qty;
        *side->money += gain;
        move(side);
        return gain;
}

static int64_t held(const struct side *side, enum zl_side closing)
{
        int64_t qty = side->position ? side->position->qty : 0;

        if ((qty > 0) != (closing == ZL_SIDE_SELL))
                return 0;
        return qty < 0 ? -qty : qty;
}

/* ---- rows ---- */

/* The fund pays the amount, and has the position at the mark, or at the price where that is worse
 * for it; it sells at what it gets. */
static void take_over(struct zl_world *world, const struct zl_msg_takeover *said)
{
        struct side loser;

        if (!find_loser(world, said->key, said->instrument, &loser) || !loser.position ||
            said->qty > held(&loser, said->side) || said->qty < 0 || said->amount < 0)
                return;
        const struct zl_world_instrument *of = &world->instruments[loser.position->instrument];
        int64_t price = said->price;
        if (said->side == ZL_SIDE_SELL ? price > of->price : price < of->price)
                price = of->price;
        *loser.money += said->amount;
        world->fund -= said->amount;
        int64_t better = zl_world_value(of, said->qty, of->price) -
                         zl_world_value(of, said->qty, price);
        better = said->side == ZL_SIDE_SELL ? better : -better;
        world->fund += better;
        close_at(world, &loser, said->qty, price);
        int64_t way = said->side == ZL_SIDE_SELL ? -1 : 1;
        zl_books_trade(&world->books, loser.position->instrument, way * said->qty,
                       way * zl_world_value(of, said->qty, price), 0);
        world->books.usdt -= better;
        world->taken_over++;
}

static void pair(struct zl_world *world, const struct zl_msg_adl *said)
{
        enum zl_side gives = said->side == ZL_SIDE_SELL ? ZL_SIDE_BUY : ZL_SIDE_SELL;
        struct side loser, winner;
        struct zl_pool_id pool;

        if (!find_loser(world, said->loser_key, said->instrument, &loser) || !loser.position ||
            !zl_pool_id_parse(said->winner_pool, &pool) ||
            !find(world, said->winner_account, pool, said->instrument, &winner) ||
            !winner.position || said->qty <= 0 || said->qty > held(&loser, said->side))
                return;
        int64_t qty = held(&winner, gives) < said->qty ? held(&winner, gives) : said->qty;
        if (qty == 0)
                return;
        close_at(world, &loser, qty, said->price);
        close_at(world, &winner, qty, said->price);
        world->deleveraged++;
}

static void share(struct zl_world *world, const struct zl_msg_socialize *said)
{
        struct side loser, winner;
        struct zl_pool_id pool;
        struct zl_key key;

        if (said->asset != ZL_WORLD_USDT || said->amount <= 0 || !zl_key_parse(said->key, &key) ||
            !find_loser(world, said->key, key.pool.instrument, &loser) ||
            !zl_pool_id_parse(said->pool, &pool) ||
            !find(world, said->account, pool, pool.instrument, &winner))
                return;
        *winner.money -= said->amount;
        *loser.money += said->amount;
        if (!winner.account->changed)
                winner.account->rev++;
        winner.account->changed = true;
        move(&loser);
}

/* What an isolated pool that was closed has left is the account's own again. */
static void give_back(struct zl_world_account *account)
{
        for (uint32_t i = 0; account->changed && !account->cross && i < account->positions_count;
             i++) {
                struct zl_world_position *position = &account->positions[i];
                if (position->qty)
                        continue;
                account->usdt += position->margin;
                position->margin = position->order_margin = 0;
        }
}

/* ---- plans ---- */

static bool is_for(const struct zl_world *world, const struct zl_frame_reader *reader,
                   const struct zl_message *message)
{
        uint32_t fund = message->takeover.fund;
        uint64_t rev = message->takeover.rev;

        if (message->type == ZL_TYPE_ADL) {
                fund = message->adl.fund;
                rev = message->adl.rev;
        } else if (message->type == ZL_TYPE_SOCIALIZE) {
                fund = message->socialize.fund;
                rev = message->socialize.rev;
        }
        return reader->header.topic.kind == ZL_TOPIC_PLAN && fund == ZL_WORLD_FUND &&
               rev == world->fund_rev;
}

bool zl_plan_execute(struct zl_world *world, const void *frame, size_t size,
                     struct zl_message *scratch)
{
        struct zl_frame_reader reader;

        if (zl_frame_check(frame, size, scratch, &reader) != ZL_OK ||
            zl_frame_open(&reader, frame, size) != ZL_OK)
                return false;
        size_t body = reader.offset; /* behind topic and header */
        for (bool first = true; zl_frame_next(&reader, scratch) == ZL_OK; first = false) {
                if (first && !is_for(world, &reader, scratch))
                        return false;
                if (scratch->type == ZL_TYPE_TAKEOVER)
                        take_over(world, &scratch->takeover);
                else if (scratch->type == ZL_TYPE_ADL)
                        pair(world, &scratch->adl);
                else
                        share(world, &scratch->socialize);
        }
        for (uint32_t i = 0; i < world->accounts_count; i++)
                give_back(&world->accounts[i]);
        world->fund_plan = XXH3_64bits((const uint8_t *)frame + body, size - body);
        world->fund_rev++;
        world->plans++;
        return true;
}
