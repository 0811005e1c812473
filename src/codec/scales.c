#include "codec/scales.h"

#include "codec/table.h"
#include "core/key.h"

#include <stdlib.h>
#include <string.h>

enum { SCALE_MAX = 18 };

struct instrument {
        bool known;
        uint32_t price_scale, qty_scale, settle, fund;
        enum zl_tier_by tier_by;
        char symbol[32];
};

struct asset {
        bool known;
        uint32_t scale, rate_scale;
        char symbol[32];
};

/* The cross positions of an account, in canonical order: place 0, 1, ... of a full close. */
struct account {
        struct { uint32_t instrument; enum zl_leg leg; } *cross;
        uint32_t cross_count;
};

struct zl_scales {
        struct zl_table instruments, assets, funds, accounts, orders;
        uint32_t partitions;
        uint32_t numeraire;
        bool has_numeraire;
};

struct zl_scales *zl_scales_open(void)
{
        struct zl_scales *scales = calloc(1, sizeof *scales);

        if (!scales)
                return NULL;
        scales->partitions = 256;
        scales->instruments.row_size = sizeof(struct instrument);
        scales->assets.row_size = sizeof(struct asset);
        scales->funds.row_size = sizeof(uint32_t);
        scales->accounts.row_size = sizeof(struct account);
        scales->orders.row_size = sizeof(uint32_t);
        return scales;
}

void zl_scales_close(struct zl_scales *scales)
{
        if (!scales)
                return;
        struct account *accounts = scales->accounts.rows;
        for (uint32_t i = 0; i < scales->accounts.map.count; i++)
                free(accounts[i].cross);
        zl_table_free(&scales->instruments);
        zl_table_free(&scales->assets);
        zl_table_free(&scales->funds);
        zl_table_free(&scales->accounts);
        zl_table_free(&scales->orders);
        free(scales);
}

/* ---- learning ---- */

/* The first scales that can be stand, as for the engine: it refuses a message that changes them. */
static void learn_instrument(struct zl_scales *scales, const struct zl_msg_instrument *said)
{
        struct instrument *row = zl_table_row(&scales->instruments, said->instrument);

        if (!row)
                return;
        if (!row->known) {
                row->known = said->price_scale <= SCALE_MAX && said->qty_scale <= SCALE_MAX;
                row->price_scale = said->price_scale;
                row->qty_scale = said->qty_scale;
                row->settle = said->settle;
        }
        row->fund = said->fund;
        row->tier_by = said->tier_by;
        memcpy(row->symbol, said->symbol, sizeof row->symbol);
}

static void learn_asset(struct zl_scales *scales, const struct zl_msg_asset *said)
{
        struct asset *row = zl_table_row(&scales->assets, said->asset);

        if (!row)
                return;
        if (row->known)
                return;
        *row = (struct asset){.known = said->scale <= SCALE_MAX && said->rate_scale <= SCALE_MAX,
                              .scale = said->scale,
                              .rate_scale = said->rate_scale};
        memcpy(row->symbol, said->symbol, sizeof row->symbol);
        if (said->numeraire && !scales->has_numeraire) {
                scales->numeraire = said->asset;
                scales->has_numeraire = true;
        }
}

static uint32_t cross_find(const struct account *account, const struct zl_row_position *position)
{
        uint32_t i = 0;

        while (i < account->cross_count &&
               (account->cross[i].instrument < position->instrument ||
                (account->cross[i].instrument == position->instrument &&
                 account->cross[i].leg < position->leg)))
                i++;
        return i;
}

static void learn_position(struct account *account, const struct zl_row_position *position)
{
        uint32_t i = cross_find(account, position);
        bool known = i < account->cross_count &&
                     account->cross[i].instrument == position->instrument &&
                     account->cross[i].leg == position->leg;
        size_t tail = (account->cross_count - i) * sizeof *account->cross;

        if (position->qty == 0 && known) {
                account->cross_count--;
                memmove(account->cross + i, account->cross + i + 1, tail - sizeof *account->cross);
        } else if (position->qty != 0 && !known) {
                void *more = realloc(account->cross,
                                     (account->cross_count + 1) * sizeof *account->cross);
                if (!more)
                        return;
                account->cross = more;
                memmove(account->cross + i + 1, account->cross + i, tail);
                account->cross[i].instrument = position->instrument;
                account->cross[i].leg = position->leg;
                account->cross_count++;
        }
}

static void learn_account(struct zl_scales *scales, const struct zl_msg_account *said)
{
        struct account *account = zl_table_row(&scales->accounts, said->account);

        if (!account)
                return;
        if (said->full)
                account->cross_count = 0;
        for (uint32_t i = 0; i < said->positions_count; i++) {
                if (said->positions[i].mode == ZL_MODE_CROSS)
                        learn_position(account, &said->positions[i]);
        }
}

static uint64_t order_hash(const char *order)
{
        uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

        for (; *order; order++)
                hash = (hash ^ (uint8_t)*order) * 0x100000001b3u;
        return hash;
}

static void learn_u32(struct zl_table *table, uint64_t key, uint32_t value)
{
        uint32_t *row = zl_table_row(table, key);

        if (row)
                *row = value;
}

void zl_scales_learn(struct zl_scales *scales, const struct zl_message *message)
{
        switch (message->type) {
        case ZL_TYPE_CLUSTER:
                if (message->cluster.partitions)
                        scales->partitions = message->cluster.partitions;
                break;
        case ZL_TYPE_ASSET:
                learn_asset(scales, &message->asset);
                break;
        case ZL_TYPE_INSTRUMENT:
                learn_instrument(scales, &message->instrument);
                break;
        case ZL_TYPE_FUND:
                if (!zl_table_get(&scales->funds, message->fund.fund)) /* it keeps its asset */
                        learn_u32(&scales->funds, message->fund.fund, message->fund.asset);
                break;
        case ZL_TYPE_ACCOUNT:
                learn_account(scales, &message->account);
                break;
        case ZL_TYPE_LIQUIDATE:
                learn_u32(&scales->orders, order_hash(message->liquidate.order),
                          message->liquidate.instrument);
                break;
        default:
                break;
        }
}

/* ---- answering ---- */

static const void *find(const struct zl_record *record, const void *object, const char *name)
{
        for (uint32_t i = 0; i < record->fields_count; i++) {
                if (!strcmp(record->fields[i].name, name))
                        return zl_is_absent(object, i)
                                       ? NULL
                                       : (const uint8_t *)object + record->fields[i].offset;
        }
        return NULL;
}

/* A u32 that the row itself names, or else its message. */
static bool find_u32(const char *name, const struct zl_record *record, const void *object,
                     const struct zl_message *message, uint32_t *ret_value)
{
        const uint32_t *at = find(record, object, name);

        if (!at)
                at = find(zl_schema_message(message->type), &message->cluster, name);
        if (at)
                *ret_value = *at;
        return at != NULL;
}

/* The instrument an order was for: as its own message said, or as its pool's name or place says. */
static bool order_instrument(const struct zl_scales *scales, const char *order,
                             uint32_t *ret_instrument)
{
        const uint32_t *said = zl_table_get(&scales->orders, order_hash(order));
        struct zl_key key;

        if (said) {
                *ret_instrument = *said;
                return true;
        }
        if (!zl_key_parse(order, &key))
                return false;
        if (!key.pool.cross) {
                *ret_instrument = key.pool.instrument;
                return true;
        }
        const struct account *account = zl_table_get(&scales->accounts, key.account);
        if (!account || key.place >= account->cross_count)
                return false;
        *ret_instrument = account->cross[key.place].instrument;
        return true;
}

static int asset_scale(const struct zl_scales *scales, uint32_t asset)
{
        const struct asset *row = zl_table_get(&scales->assets, asset);

        return row ? (int)row->scale : -1;
}

static int instrument_scale(const struct zl_scales *scales, const struct instrument *instrument,
                            enum zl_unit unit)
{
        switch (unit) {
        case ZL_UNIT_PRICE:
        case ZL_UNIT_ORDER_PRICE:
                return (int)instrument->price_scale;
        case ZL_UNIT_QTY:
        case ZL_UNIT_ORDER_QTY:
                return (int)instrument->qty_scale;
        case ZL_UNIT_TIER:
                if (instrument->tier_by == ZL_TIER_BY_SIZE)
                        return (int)instrument->qty_scale;
                return asset_scale(scales, instrument->settle);
        default:
                return asset_scale(scales, instrument->settle);
        }
}

static int of_instrument(const struct zl_scales *scales, enum zl_unit unit,
                         const struct zl_record *record, const void *object,
                         const struct zl_message *message)
{
        uint32_t id;

        if (message->type == ZL_TYPE_INSTRUMENT) {
                const struct zl_msg_instrument *own = &message->instrument;
                struct instrument self = {.price_scale = own->price_scale,
                                          .qty_scale = own->qty_scale,
                                          .settle = own->settle,
                                          .tier_by = own->tier_by};
                return instrument_scale(scales, &self, unit);
        }
        if (message->type == ZL_TYPE_EXEC) {
                if (!order_instrument(scales, message->exec.order, &id))
                        return -1;
        } else if (!find_u32("instrument", record, object, message, &id)) {
                return -1;
        }
        const struct instrument *row = zl_table_get(&scales->instruments, id);
        return row ? instrument_scale(scales, row, unit) : -1;
}

static int of_asset(const struct zl_scales *scales, enum zl_unit unit,
                    const struct zl_record *record, const void *object,
                    const struct zl_message *message)
{
        uint32_t id;

        if (message->type == ZL_TYPE_ASSET)
                return (int)(unit == ZL_UNIT_RATE ? message->asset.rate_scale
                                                  : message->asset.scale);
        if (!find_u32("asset", record, object, message, &id))
                return -1;
        const struct asset *row = zl_table_get(&scales->assets, id);
        if (!row)
                return -1;
        return (int)(unit == ZL_UNIT_RATE ? row->rate_scale : row->scale);
}

int zl_scales_of(const struct zl_scales *scales, const struct zl_field *field,
                 const struct zl_record *record, const void *object,
                 const struct zl_message *message)
{
        uint32_t fund;

        switch (field->unit) {
        case ZL_UNIT_PPB:
                return 9;
        case ZL_UNIT_FUNDING:
                return 12;
        case ZL_UNIT_NUMERAIRE:
                return zl_scales_numeraire(scales);
        case ZL_UNIT_ASSET:
        case ZL_UNIT_RATE:
                return of_asset(scales, field->unit, record, object, message);
        case ZL_UNIT_FUND:
                if (!find_u32("fund", record, object, message, &fund))
                        return -1;
                return zl_scales_fund(scales, fund);
        default:
                return of_instrument(scales, field->unit, record, object, message);
        }
}

int zl_scales_numeraire(const struct zl_scales *scales)
{
        return scales->has_numeraire ? asset_scale(scales, scales->numeraire) : -1;
}

int zl_scales_instrument_price(const struct zl_scales *scales, uint32_t instrument)
{
        const struct instrument *row = zl_table_get(&scales->instruments, instrument);

        return row ? (int)row->price_scale : -1;
}

int zl_scales_instrument_qty(const struct zl_scales *scales, uint32_t instrument)
{
        const struct instrument *row = zl_table_get(&scales->instruments, instrument);

        return row ? (int)row->qty_scale : -1;
}

const char *zl_scales_symbol(const struct zl_scales *scales, uint32_t instrument)
{
        const struct instrument *row = zl_table_get(&scales->instruments, instrument);

        return row ? row->symbol : NULL;
}

int zl_scales_asset(const struct zl_scales *scales, uint32_t asset)
{
        return asset_scale(scales, asset);
}

int zl_scales_fund(const struct zl_scales *scales, uint32_t fund)
{
        const uint32_t *asset = zl_table_get(&scales->funds, fund);

        return asset ? asset_scale(scales, *asset) : -1;
}

const char *zl_scales_asset_symbol(const struct zl_scales *scales, uint32_t asset)
{
        const struct asset *row = zl_table_get(&scales->assets, asset);

        return row ? row->symbol : NULL;
}

/* ---- topics ---- */

static bool topic_of_account(const struct zl_scales *scales, enum zl_topic_kind kind,
                             uint64_t account, struct zl_topic *ret_topic)
{
        *ret_topic = (struct zl_topic){kind, zl_partition(account, scales->partitions)};
        return true;
}

static bool topic_of_order(const struct zl_scales *scales, enum zl_topic_kind kind,
                           const char *order, struct zl_topic *ret_topic)
{
        struct zl_key key;

        return zl_key_parse(order, &key) && topic_of_account(scales, kind, key.account, ret_topic);
}

static bool topic_of_deficit(const struct zl_scales *scales, const struct zl_msg_deficit *deficit,
                             struct zl_topic *ret_topic)
{
        const struct instrument *row = zl_table_get(&scales->instruments, deficit->instrument);

        return row && topic_of_account(scales, ZL_TOPIC_DEFI, row->fund, ret_topic);
}

static bool topic_of_u32(enum zl_topic_kind kind, const char *name,
                         const struct zl_message *message, struct zl_topic *ret_topic)
{
        *ret_topic = (struct zl_topic){.kind = kind};
        return find_u32(name, zl_schema_message(message->type), &message->cluster, message,
                        &ret_topic->id);
}

bool zl_scales_topic(const struct zl_scales *scales, const struct zl_message *message, uint32_t src,
                     struct zl_topic *ret_topic)
{
        enum zl_topic_kind kind = zl_schema_message(message->type)->topic;
        const uint64_t *account;

        switch (kind) {
        case ZL_TOPIC_CTRL:
        case ZL_TOPIC_TAPE:
        case ZL_TOPIC_BOOK:
                *ret_topic = (struct zl_topic){kind, 0};
                return true;
        case ZL_TOPIC_BEAT:
        case ZL_TOPIC_TIME:
                *ret_topic = (struct zl_topic){kind, src};
                return true;
        case ZL_TOPIC_RATE:
                return topic_of_u32(kind, "asset", message, ret_topic);
        case ZL_TOPIC_MARK:
        case ZL_TOPIC_RANK:
                return topic_of_u32(kind, "instrument", message, ret_topic);
        case ZL_TOPIC_FUND:
        case ZL_TOPIC_PLAN:
        case ZL_TOPIC_ADLQ:
                return topic_of_u32(kind, "fund", message, ret_topic);
        case ZL_TOPIC_BIDS:
        case ZL_TOPIC_SNAP:
                return topic_of_u32(kind, "partition", message, ret_topic);
        case ZL_TOPIC_EXEC:
                return topic_of_order(scales, kind, message->exec.order, ret_topic);
        case ZL_TOPIC_DEFI:
                return topic_of_deficit(scales, &message->deficit, ret_topic);
        case ZL_TOPIC_ACCT:
        case ZL_TOPIC_ORDR:
        case ZL_TOPIC_ALRT:
                account = find(zl_schema_message(message->type), &message->cluster, "account");
                return account && topic_of_account(scales, kind, *account, ret_topic);
        default:
                return false;
        }
}
