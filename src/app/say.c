#include "app/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char prefix[64] = "zeroline";

void zl_say_as(const char *command)
{
        snprintf(prefix, sizeof prefix, "zeroline %s", command);
}

static void say(const char *format, va_list arguments, const char *behind)
{
        char line[1024];

        vsnprintf(line, sizeof line, format, arguments);
        fprintf(stderr, "%s: %s%s%s\n", prefix, line, behind ? ": " : "", behind ? behind : "");
}

void zl_say(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        say(format, arguments, NULL);
        va_end(arguments);
}

void zl_say_errno(const char *format, ...)
{
        char why[128];
        va_list arguments;
        const char *text = strerror_r(errno, why, sizeof why);

        va_start(arguments, format);
        say(format, arguments, text);
        va_end(arguments);
}
