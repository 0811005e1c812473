/* headers.cpp - every public header in C++17, and a call through the C names of the library. */
#include <zeroline/engine.h>
#include <zeroline/feeder.h>
#include <zeroline/frame.h>
#include <zeroline/message.h>
#include <zeroline/base.h>

#include <cstring>

int main()
{
        zl_topic topic{}, parsed{};
        char text[ZL_TOPIC_SIZE + 1];

        topic.kind = ZL_TOPIC_MARK;
        topic.id = 42;
        zl_topic_format(topic, text);
        bool read = zl_topic_parse(text, ZL_TOPIC_SIZE, &parsed);
        bool same = parsed.kind == topic.kind && parsed.id == topic.id;
        return read && same && std::strcmp(text, "mark.0000002a") == 0 ? 0 : 1;
}
