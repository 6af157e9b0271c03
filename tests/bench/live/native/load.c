/* The loop, and the commands: a line on standard input each, a line of JSON on standard output in return. */
#define _GNU_SOURCE
#include "load.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static char line[8192];
static size_t typed;

uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void print_positions(void)
{
    printf("[");
    for (size_t i = 0; i < tab_count; i++)
        printf("%s%lld", i ? "," : "", (long long)tabs[i].position);
    printf("]\n");
}

static void each(size_t from, size_t count, void (*what)(struct tab *))
{
    for (size_t i = from; i < from + count && i < tab_count; i++)
        what(&tabs[i]);
}

static void make_deaf(struct tab *tab)
{
    tab->deaf = true;
}

static bool set_dialog(const char *words)
{
    char act[16], prefix[128];
    int rest = 0;
    if (sscanf(words, "rule %15s %127s %n", act, prefix, &rest) == 2)
        return dialog_rule(act, prefix, words + rest);
    dialog_reset(strstr(words, "atelier") != NULL, strstr(words, "lines") != NULL);
    return true;
}

static bool carry_out(char *words)
{
    size_t from, count, flight;
    int number;
    char path[4096];
    if (sscanf(words, "tabs %4095s", path) == 1)
        return crowd_read(path);
    if (sscanf(words, "mark %15s", path) == 1)
        tally_mark(path);
    else if (sscanf(words, "port %d", &number) == 1)
        tab_port(number);
    else if (sscanf(words, "open %zu %zu %zu", &from, &count, &flight) == 3)
        crowd_open(from, count, flight);
    else if (sscanf(words, "close %zu %zu", &from, &count) == 2)
        each(from, count, tab_drop);
    else if (sscanf(words, "deaf %zu %zu", &from, &count) == 2)
        each(from, count, make_deaf);
    else if (sscanf(words, "follow %d", &number) == 1)
        tab_follow(number != 0);
    else if (sscanf(words, "sample %d", &number) == 1)
        tally_sample((unsigned)number);
    else if (strcmp(words, "clear") == 0)
        tally_clear();
    else if (strncmp(words, "dialog", 6) == 0 || strncmp(words, "rule", 4) == 0)
        return set_dialog(words);
    else
        return false;
    return true;
}

static void answer(char *words)
{
    if (strcmp(words, "stats") == 0)
        tally_print();
    else if (strcmp(words, "positions") == 0)
        print_positions();
    else if (carry_out(words))
        printf("{}\n");
    else
        printf("{\"error\":\"not understood\"}\n");
    fflush(stdout);
}

static void hear_commands(void)
{
    ssize_t got = read(0, line + typed, sizeof line - typed - 1);
    if (got <= 0)
        exit(0);
    typed += (size_t)got;
    char *end;
    while ((end = memchr(line, '\n', typed)) != NULL) {
        *end = 0;
        answer(line);
        typed -= (size_t)(end + 1 - line);
        memmove(line, end + 1, typed);
    }
    if (typed == sizeof line - 1)
        exit(2);
}

int main(void)
{
    struct epoll_event events[1024], commands = {.events = EPOLLIN, .data.ptr = NULL};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &commands) != 0)
        return 2;
    tab_start(epoll);
    for (;;) {
        int count = epoll_wait(epoll, events, 1024, crowd_busy() ? 2 : 1000);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                hear_commands();
            else
                tab_ready(events[i].data.ptr, events[i].events);
        }
        if (crowd_busy())
            crowd_turn(now_ns());
    }
}
