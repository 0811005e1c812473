/* capacity.h - the options of every command with an engine that hears the bus: how much it has room
 * for. Thread: the command's own. */
#ifndef ZL_APP_CAPACITY_H
#define ZL_APP_CAPACITY_H

#include <zeroline/engine.h>

struct zl_capacity {
        uint64_t accounts, positions, balances, instruments;
};

#define ZL_CAPACITY_DEFAULT                                                                        \
        {                                                                                          \
                .accounts = 1 << 20, .positions = 1 << 20, .balances = 1 << 20,                    \
                .instruments = 1024                                                                \
        }

/* Rows for a table of options, over a struct zl_capacity. */
#define ZL_CAPACITY_OPTIONS(capacity)                                                              \
        {"accounts", ZL_OPTION_NUMBER, &(capacity).accounts, "N",                                  \
         "room for accounts, an engine (1048576)", 1, 1 << 29, 0},                                 \
        {"positions", ZL_OPTION_NUMBER, &(capacity).positions, "N",                                \
         "room for positions, an engine (1048576)", 1, 1 << 29, 0},                                \
        {"balances", ZL_OPTION_NUMBER, &(capacity).balances, "N",                                  \
         "room for balances, an engine (1048576)", 1, 1 << 29, 0},                                 \
        {"instruments", ZL_OPTION_NUMBER, &(capacity).instruments, "N",                            \
         "room for instruments (1024)", 1, 1 << 19, 0}

static inline void zl_capacity_set(const struct zl_capacity *capacity,
                                   struct zl_engine_config *config)
{
        config->accounts_max = (uint32_t)capacity->accounts;
        config->positions_max = (uint32_t)capacity->positions;
        config->balances_max = (uint32_t)capacity->balances;
        config->instruments_max = (uint32_t)capacity->instruments;
}

#endif
