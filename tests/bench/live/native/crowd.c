/* Tabs that come many at once, and those that come back by the rules of the product's own page. */
#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* web/src/stream.ts: FIRST_WINDOW, WIDEST_WINDOW, PATIENCE. */
enum { FIRST_WINDOW_MS = 2000, WIDEST_WINDOW_MS = 10000, PATIENCE = 3 };

struct tab *tabs;
size_t tab_count;
static size_t next_tab, end_tab, most_in_flight, in_flight, waiting;

static struct tab *add(void)
{
    static size_t room;
    if (tab_count == room) {
        room = room ? room * 2 : 1024;
        tabs = realloc(tabs, room * sizeof *tabs);
    }
    struct tab *tab = &tabs[tab_count++];
    memset(tab, 0, sizeof *tab);
    tab->fd = -1;
    tab->position = -1;
    tab->window_ms = FIRST_WINDOW_MS;
    return tab;
}

/* A record for each tab: `HEAD_SIZE HELLO_SIZE\n`, the request's head, and the hello. Only before the first opens. */
bool crowd_read(const char *path)
{
    unsigned head, hello;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    while (fscanf(file, "%u %u", &head, &hello) == 2 && fgetc(file) == '\n') {
        char *words = malloc(head + hello + 1);
        if (fread(words, 1, head + hello, file) != head + hello)
            break;
        words[head + hello] = 0;
        struct tab *tab = add();
        tab->head = words;
        tab->head_size = head;
        tab->hello = words + head;
        tab->hello_size = hello;
    }
    bool whole = feof(file);
    fclose(file);
    return whole;
}

void crowd_open(size_t from, size_t count, size_t flight)
{
    next_tab = from;
    end_tab = from + count < tab_count ? from + count : tab_count;
    most_in_flight = flight;
    tally.first_open = now_ns();
}

/* Answered, or given up: the next one may come. */
void crowd_landed(struct tab *tab)
{
    if (tab->queued)
        in_flight--;
    if (tab->phase == WAITING)
        waiting--;
    tab->queued = false;
}

void crowd_back_later(struct tab *tab)
{
    unsigned doublings = tab->failures / PATIENCE;
    uint64_t grown = (uint64_t)tab->window_ms << (doublings < 8 ? doublings : 8);
    if (grown > WIDEST_WINDOW_MS)
        grown = WIDEST_WINDOW_MS;
    if (grown < tab->window_ms)
        grown = tab->window_ms;
    tab->failures += tab->failures < 255;
    tab->due = now_ns() + (uint64_t)(drand48() * (double)grown * 1e6);
    tab->phase = WAITING;
    waiting++;
}

bool crowd_busy(void)
{
    return waiting > 0 || next_tab < end_tab;
}

void crowd_turn(uint64_t now)
{
    while (next_tab < end_tab && in_flight < most_in_flight) {
        struct tab *tab = &tabs[next_tab++];
        if (tab->fd >= 0)
            continue;
        tab->queued = true;
        in_flight++;
        tab_open(tab);
    }
    for (size_t i = 0; waiting > 0 && i < tab_count; i++) {
        if (tabs[i].phase == WAITING && tabs[i].due <= now) {
            crowd_landed(&tabs[i]);
            tab_open(&tabs[i]);
        }
    }
}
