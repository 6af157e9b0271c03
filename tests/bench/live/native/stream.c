/* The numbers of atelier.v1: where a tab stands, what it missed, what it was told twice. */
#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT "{\"type\":\"event\",\"seq\":"

/* The members that matter stand at the beginning of a frame. */
enum { BEGINNING = 256 };

static const char *member(const char *text, size_t size, const char *name)
{
    const char *found = memmem(text, size < BEGINNING ? size : BEGINNING, name, strlen(name));
    return found ? found + strlen(name) : NULL;
}

static int64_t number(const char *text, size_t size, const char *name)
{
    const char *digits = member(text, size, name);
    return digits ? strtoll(digits, NULL, 10) : -1;
}

/* Fresh where nothing is known, else from the last number on. */
void stream_greet(struct tab *tab)
{
    char words[512];
    if (tab->position < 0 || tab->hello_size + 128 > sizeof words) {
        tab_say(tab, 1, tab->hello, tab->hello_size);
        return;
    }
    int size = snprintf(words, sizeof words, "%.*s,\"epoch\":\"%s\",\"since\":%lld}", (int)tab->hello_size - 1,
                        tab->hello, tab->epoch, (long long)tab->position);
    tab_say(tab, 1, words, (size_t)size);
}

static void note_epoch(struct tab *tab, const char *text, size_t size)
{
    const char *epoch = member(text, size, "\"epoch\":\"");
    const char *end = epoch ? memchr(epoch, '"', sizeof tab->epoch) : NULL;
    if (end != NULL && end - epoch < (long)sizeof tab->epoch) {
        memcpy(tab->epoch, epoch, (size_t)(end - epoch));
        tab->epoch[end - epoch] = 0;
    }
}

/* The numbers `from` to `to` have come. */
static void advance(struct tab *tab, int64_t from, int64_t to)
{
    if (from > tab->position + 1)
        tally.lost += (uint64_t)(from - tab->position - 1);
    else if (from <= tab->position)
        tally.repeated += (uint64_t)((to < tab->position ? to : tab->position) - from + 1);
    if (to > tab->position)
        tab->position = to;
}

static void hear_past(struct tab *tab, const char *text, size_t size)
{
    int64_t from = number(text, size, "\"from\":"), to = number(text, size, "\"to\":");
    if (from < 0 || to < 0)
        return;
    advance(tab, from, to);
    tally.replayed += (uint64_t)(to - from + 1);
}

static bool begins(const char *text, size_t size, const char *type)
{
    size_t length = strlen(type);
    return size > length + 9 && memcmp(text + 9, type, length) == 0;
}

static void hear_other(struct tab *tab, const char *text, size_t size, uint64_t now)
{
    if (begins(text, size, "replay\"")) {
        tally.replays++;
        hear_past(tab, text, size);
        note_epoch(tab, text, size);
        tab_answered(tab, now);
    } else if (begins(text, size, "reset\"")) {
        tally.resets++;
        tab->position = number(text, size, "\"seq\":");
        note_epoch(tab, text, size);
        tab_answered(tab, now);
    } else if (begins(text, size, "catchup\"")) {
        tally.catchups++;
        hear_past(tab, text, size);
    } else if (begins(text, size, "beat\"")) {
        tally.behind += number(text, size, "\"seq\":") > tab->position;
    } else if (begins(text, size, "goodbye\"")) {
        tab->window_ms = (uint32_t)number(text, size, "\"retry_after_ms\":");
    }
}

void stream_hear(struct tab *tab, const char *text, size_t size, uint64_t now)
{
    if (size > sizeof EVENT && memcmp(text, EVENT, sizeof EVENT - 1) == 0) {
        int64_t seq = 0;
        for (const char *digit = text + sizeof EVENT - 1; *digit >= '0' && *digit <= '9'; digit++)
            seq = seq * 10 + (*digit - '0');
        advance(tab, seq, seq);
        tally_message(text, size, now);
    } else {
        hear_other(tab, text, size, now);
    }
}
