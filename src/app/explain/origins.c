#include "app/explain/origins.h"

#include "core/state.h"

#include <stdlib.h>

bool zl_origins_open(struct zl_origins *origins, const struct zl_engine *engine)
{
        const struct zl_engine_config *config = &engine->config;

        origins->marks = calloc(config->instruments_max, sizeof *origins->marks);
        origins->instruments = calloc(config->instruments_max, sizeof *origins->instruments);
        origins->rates = calloc(config->assets_max, sizeof *origins->rates);
        origins->assets = calloc(config->assets_max, sizeof *origins->assets);
        origins->policies = calloc(config->policies_max, sizeof *origins->policies);
        origins->funds = calloc(config->funds_max, sizeof *origins->funds);
        return origins->marks && origins->instruments && origins->rates && origins->assets &&
               origins->policies && origins->funds;
}

void zl_origins_close(struct zl_origins *origins)
{
        free(origins->marks);
        free(origins->instruments);
        free(origins->rates);
        free(origins->assets);
        free(origins->policies);
        free(origins->funds);
}

/* A mark that the engine did not use is a frame of another seq or price than the one it has. */
static struct zl_origin *of_mark(struct zl_origins *origins, const struct zl_engine *engine,
                                 const struct zl_follow_step *step)
{
        const struct zl_msg_mark *mark = &step->message->mark;
        uint32_t row;

        if (!zl_map_get(&engine->instruments_by_id, mark->instrument, &row) ||
            engine->instruments[row].mark_seq != step->header.seq ||
            engine->instruments[row].mark != mark->price)
                return NULL;
        return &origins->marks[row];
}

static struct zl_origin *of_rate(struct zl_origins *origins, const struct zl_engine *engine,
                                 const struct zl_msg_rate *rate)
{
        uint32_t row;

        return zl_map_get(&engine->assets_by_id, rate->asset, &row) &&
                               engine->assets[row].rate == rate->price
                       ? &origins->rates[row]
                       : NULL;
}

static struct zl_origin *of_instrument(struct zl_origins *origins, const struct zl_engine *engine,
                                       const struct zl_msg_instrument *instrument)
{
        uint32_t row;

        return zl_map_get(&engine->instruments_by_id, instrument->instrument, &row) &&
                               engine->instruments[row].rev == instrument->rev
                       ? &origins->instruments[row]
                       : NULL;
}

static struct zl_origin *of_policy(struct zl_origins *origins, const struct zl_engine *engine,
                                   const struct zl_msg_policy *policy)
{
        uint32_t row;

        return zl_map_get(&engine->policies_by_id, policy->policy, &row) &&
                               engine->policies[row].rev == policy->rev
                       ? &origins->policies[row]
                       : NULL;
}

static struct zl_origin *of_fund(struct zl_origins *origins, const struct zl_engine *engine,
                                 const struct zl_msg_fund *fund)
{
        uint32_t row;

        return zl_map_get(&engine->funds_by_id, fund->fund, &row) &&
                               engine->funds[row].rev == fund->rev
                       ? &origins->funds[row]
                       : NULL;
}

static struct zl_origin *of_asset(struct zl_origins *origins, const struct zl_engine *engine,
                                  const struct zl_msg_asset *asset)
{
        uint32_t row;

        return zl_map_get(&engine->assets_by_id, asset->asset, &row) ? &origins->assets[row] : NULL;
}

static struct zl_origin *of_account(struct zl_origins *origins, const struct zl_engine *engine,
                                    const struct zl_msg_account *account)
{
        uint32_t row = zl_state_find_account(engine, account->account);

        if (account->account != origins->account || row == ZL_NONE_AT ||
            engine->accounts[row].rev != account->rev)
                return NULL;
        return &origins->stated;
}

static struct zl_origin *of_exec(struct zl_origins *origins, const struct zl_msg_exec *exec)
{
        struct zl_key key;

        if (!zl_key_parse(exec->order, &key) || key.account != origins->account)
                return NULL;
        origins->answer = *exec;
        return &origins->answered;
}

/* What the message says, if the engine has it now as the message says it. */
static struct zl_origin *find(struct zl_origins *origins, const struct zl_engine *engine,
                              const struct zl_follow_step *step)
{
        const struct zl_message *message = step->message;

        switch (message->type) {
        case ZL_TYPE_MARK:
                return of_mark(origins, engine, step);
        case ZL_TYPE_RATE:
                return of_rate(origins, engine, &message->rate);
        case ZL_TYPE_ASSET:
                return of_asset(origins, engine, &message->asset);
        case ZL_TYPE_INSTRUMENT:
                return of_instrument(origins, engine, &message->instrument);
        case ZL_TYPE_POLICY:
                return of_policy(origins, engine, &message->policy);
        case ZL_TYPE_FUND:
                return of_fund(origins, engine, &message->fund);
        case ZL_TYPE_ACCOUNT:
                return of_account(origins, engine, &message->account);
        case ZL_TYPE_EXEC:
                return of_exec(origins, &message->exec);
        default:
                return NULL;
        }
}

void zl_origins_update(struct zl_origins *origins, const struct zl_follow *follow)
{
        const struct zl_follow_step *step = &follow->step;
        const struct zl_engine *engine = follow->run.engine;
        struct zl_origin *origin = engine->frame_refused ? NULL : find(origins, engine, step);

        if (origin)
                *origin = (struct zl_origin){true, step->header, step->at, step->record,
                                             step->place};
}
