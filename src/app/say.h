/* say.h - messages for a person, on stderr: one line each, beginning with the command's name.
 * Thread: any. */
#ifndef ZL_APP_SAY_H
#define ZL_APP_SAY_H

/* Names the command once, at start: "zeroline worker". */
void zl_say_as(const char *command);
__attribute__((format(printf, 1, 2))) void zl_say(const char *format, ...);
/* The same, with ": " and what errno means behind it. */
__attribute__((format(printf, 1, 2))) void zl_say_errno(const char *format, ...);

#endif
