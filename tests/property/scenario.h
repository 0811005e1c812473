/* scenario.h - messages kept in a list, to run them again, leave some out and print them.
 *
 * Owns: copies of the messages. Thread: one; a list that no longer changes may be read by many. */
#ifndef ZL_TESTS_SCENARIO_H
#define ZL_TESTS_SCENARIO_H

#include <zeroline/engine.h>

#include <stdio.h>

struct scenario_step {
        struct zl_header header;
        uint32_t place;
        uint32_t size;
        enum zl_type type;
        uint8_t *object;
        bool left_out;
};

struct scenario {
        struct scenario_step *steps;
        uint32_t count, capacity;
};

void scenario_add(struct scenario *scenario, const struct zl_header *header, uint32_t place,
                  const struct zl_message *message);
/* Fills the message; what follows the last position of an account keeps what stood there. */
void scenario_get(const struct scenario *scenario, uint32_t at, struct zl_message *ret_message);
/* The message's place in its frame; 0 where what stood before it in the frame is left out. */
uint32_t scenario_place(const struct scenario *scenario, uint32_t at);
void scenario_free(struct scenario *scenario);
/* As JSON lines, which `zeroline replay` takes after `zeroline encode`, what was left out aside. */
void scenario_print(const struct scenario *scenario, FILE *file);
/* One output in the same form, with raw numbers. */
void scenario_print_output(FILE *file, const struct zl_header *header, enum zl_type type,
                           const void *object);

#endif
