/* The load program: many WebSocket tabs in one process and one thread. What its files share. */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum phase { IDLE, CONNECTING, UPGRADING, GREETING, LIVE, WAITING, GONE, PHASES };

struct tab {
    int fd;
    uint8_t phase;
    uint8_t failures;    /* of connecting, in a row */
    bool deaf;           /* reads nothing any more once it is answered */
    bool queued;         /* counts among those that `open` keeps in flight */
    uint32_t window_ms;  /* in which it tries again */
    uint64_t due;        /* when it tries again; nanoseconds of CLOCK_MONOTONIC, as all times here */
    int64_t position;    /* the last number of the stream, -1 before the first */
    char epoch[40];
    const char *head;    /* the request, and the first words after it */
    const char *hello;
    uint32_t head_size, hello_size;
    uint8_t *carry;      /* the part of a frame that has come so far */
    uint32_t carried, room;
};

struct tally {
    uint64_t messages, bytes, frames, replayed, lost, repeated, behind, replays, resets, catchups, answers, failures;
    uint64_t first_open, last_answer;
};

extern struct tab *tabs;
extern size_t tab_count;
extern struct tally tally;

/* load.c */
uint64_t now_ns(void);

/* tab.c: one connection, from connect() to its end. */
void tab_start(int epoll);
void tab_port(int port);
void tab_follow(bool follow);
void tab_open(struct tab *tab);
void tab_ready(struct tab *tab, uint32_t events);
void tab_say(struct tab *tab, int opcode, const char *text, size_t size);
void tab_answered(struct tab *tab, uint64_t now);
void tab_ended(struct tab *tab, int code);
void tab_drop(struct tab *tab);

/* crowd.c: tabs that come many at once, and those that come back. */
bool crowd_read(const char *path);
void crowd_open(size_t from, size_t count, size_t flight);
void crowd_landed(struct tab *tab);
void crowd_back_later(struct tab *tab);
void crowd_turn(uint64_t now);
bool crowd_busy(void);

/* frames.c: whole WebSocket frames, where they lie. */
size_t frames_walk(struct tab *tab, const uint8_t *data, size_t size, uint64_t now);

/* dialog.c: what the text in a frame means, and what is said in return. */
void dialog_reset(bool atelier, bool lines);
bool dialog_rule(const char *act, const char *prefix, const char *reply);
void dialog_opened(struct tab *tab, uint64_t now);
void dialog_hear(struct tab *tab, const char *text, size_t size, uint64_t now);

/* stream.c: the numbers of atelier.v1. */
void stream_greet(struct tab *tab);
void stream_hear(struct tab *tab, const char *text, size_t size, uint64_t now);

/* tally.c: what was counted. */
void tally_clear(void);
void tally_sample(unsigned every);
void tally_mark(const char *mark);
void tally_message(const char *text, size_t size, uint64_t now);
void tally_code(int code);
void tally_print(void);

#endif
