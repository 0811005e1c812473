/* command.h - the subcommands of `zeroline`, one file each. */
#ifndef ZL_CMD_COMMAND_H
#define ZL_CMD_COMMAND_H

#include "app/exit.h"

/* argv[0] is the subcommand's name. */
struct zl_command {
        const char *name;
        const char *summary;
        enum zl_exit (*run)(int argc, char **argv);
};

enum zl_exit zl_cmd_bisect(int argc, char **argv);
enum zl_exit zl_cmd_calc(int argc, char **argv);
enum zl_exit zl_cmd_decode(int argc, char **argv);
enum zl_exit zl_cmd_demo(int argc, char **argv);
enum zl_exit zl_cmd_diff(int argc, char **argv);
enum zl_exit zl_cmd_encode(int argc, char **argv);
enum zl_exit zl_cmd_explain(int argc, char **argv);
enum zl_exit zl_cmd_inspect(int argc, char **argv);
enum zl_exit zl_cmd_journal(int argc, char **argv);
enum zl_exit zl_cmd_keygen(int argc, char **argv);
enum zl_exit zl_cmd_repair(int argc, char **argv);
enum zl_exit zl_cmd_replay(int argc, char **argv);
enum zl_exit zl_cmd_router(int argc, char **argv);
enum zl_exit zl_cmd_schema(int argc, char **argv);
enum zl_exit zl_cmd_sim(int argc, char **argv);
enum zl_exit zl_cmd_worker(int argc, char **argv);

#endif
