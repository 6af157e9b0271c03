/* Whole WebSocket frames, walked where they lie: nothing is copied. */
#define _GNU_SOURCE
#include "load.h"

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

static void frame(struct tab *tab, int opcode, const uint8_t *payload, size_t size, uint64_t now)
{
    tally.frames++;
    switch (opcode) {
    case TEXT:
    case BINARY:
        dialog_hear(tab, (const char *)payload, size, now);
        break;
    case PING:
        tab_say(tab, PONG, (const char *)payload, size);
        break;
    case CLOSE:
        tab_ended(tab, size >= 2 ? payload[0] << 8 | payload[1] : 1005);
        break;
    }
}

/* How many bytes were whole frames; the rest is to be brought again, with what follows it. */
size_t frames_walk(struct tab *tab, const uint8_t *data, size_t size, uint64_t now)
{
    size_t at = 0;
    while (size - at >= 2 && tab->fd >= 0) {
        const uint8_t *head = data + at;
        size_t length = head[1] & 127, header = length < 126 ? 2 : length == 126 ? 4 : 10;
        if (size - at < header)
            break;
        if (length >= 126) {
            length = 0;
            for (size_t i = 2; i < header; i++)
                length = length << 8 | head[i];
        }
        if (size - at - header < length)
            break;
        frame(tab, head[0] & 15, head + header, length, now);
        at += header + length;
    }
    return at;
}
