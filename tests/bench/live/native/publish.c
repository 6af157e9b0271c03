/* The publisher: numbered, dated messages to Redis at a steady rate, from templates that are filled in where they lie.

   `publish SOCKET TEMPLATES`, then a line on standard input each: `run RATE BURST COUNT` sends COUNT messages, BURST of
   them at a time, one template after another; `stop` ends a run early. A line of JSON says how it went. */
#define _GNU_SOURCE
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { SEQ_DIGITS = 10, TIME_DIGITS = 15, OUTGOING = 4 * 1024 * 1024, ROOMS = 65536 };

struct template {
    char *text;
    unsigned size, seqs, seq_at[2], time_at, room;
};

static struct template *templates;
static size_t template_count, next_template;
static uint64_t numbers[ROOMS];
static char outgoing[OUTGOING];
static size_t filled;
static int redis;

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void sleep_until(uint64_t when)
{
    struct timespec time = {(time_t)(when / 1000000000u), (long)(when % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) != 0)
        ;
}

/* A record each: `SIZE SEQS SEQ_AT SEQ_AT TIME_AT ROOM SEQ\n` and the command as Redis takes it. SEQ is the room's last
   number; templates of one room number their messages together. */
static bool read_templates(const char *path)
{
    struct template one;
    uint64_t seq;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    while (fscanf(file, "%u %u %u %u %u %u %lu", &one.size, &one.seqs, &one.seq_at[0], &one.seq_at[1], &one.time_at,
                  &one.room, &seq) == 7 && fgetc(file) == '\n') {
        one.text = malloc(one.size);
        if (one.room >= ROOMS || fread(one.text, 1, one.size, file) != one.size)
            return false;
        numbers[one.room] = seq;
        templates = realloc(templates, (template_count + 1) * sizeof one);
        templates[template_count++] = one;
    }
    fclose(file);
    return template_count > 0;
}

static bool reach(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char silence[] = "*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$3\r\nOFF\r\n";
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    redis = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(redis, (struct sockaddr *)&address, sizeof address) == 0
        && write(redis, silence, sizeof silence - 1) == (ssize_t)sizeof silence - 1;
}

static void digits(char *at, unsigned width, char pad, uint64_t value)
{
    for (char *digit = at + width - 1; digit >= at; digit--, value /= 10)
        *digit = value || digit == at + width - 1 ? (char)('0' + value % 10) : pad;
}

static void flush(void)
{
    size_t sent = 0;
    while (sent < filled) {
        ssize_t taken = write(redis, outgoing + sent, filled - sent);
        if (taken <= 0)
            exit(1);
        sent += (size_t)taken;
    }
    filled = 0;
}

static void add(uint64_t now)
{
    struct template *one = &templates[next_template];
    next_template = (next_template + 1) % template_count;
    uint64_t seq = ++numbers[one->room];
    for (unsigned i = 0; i < one->seqs; i++)
        digits(one->text + one->seq_at[i], SEQ_DIGITS, '0', seq);
    digits(one->text + one->time_at, TIME_DIGITS, ' ', now);
    if (filled + one->size > sizeof outgoing)
        flush();
    memcpy(outgoing + filled, one->text, one->size);
    filled += one->size;
}

static bool told_to_stop(void)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};
    char words[64];
    if (poll(&input, 1, 0) <= 0)
        return false;
    if (read(0, words, sizeof words) <= 0)
        exit(0);
    return true;
}

static void run(double rate, uint64_t burst, uint64_t count)
{
    uint64_t start = now_ns(), sent = 0, latest = 0;
    while (sent < count && !told_to_stop()) {
        uint64_t due = start + (uint64_t)((double)sent * 1e9 / rate);
        sleep_until(due);
        uint64_t now = now_ns();
        if (now - due > latest)
            latest = now - due;
        for (uint64_t i = 0; i < burst && sent < count; i++, sent++)
            add(now);
        flush();
    }
    printf("{\"published\":%lu,\"took\":%lu,\"latest\":%lu}\n", sent, now_ns() - start, latest);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char words[256];
    double rate;
    unsigned long burst, count;
    if (argc != 3 || !reach(argv[1]) || !read_templates(argv[2]))
        return 2;
    printf("{\"templates\":%zu}\n", template_count);
    fflush(stdout);
    /* Unbuffered: what `told_to_stop` looks for must not lie in a buffer of ours. */
    setvbuf(stdin, NULL, _IONBF, 0);
    while (fgets(words, sizeof words, stdin) != NULL)
        if (sscanf(words, "run %lf %lu %lu", &rate, &burst, &count) == 3)
            run(rate, burst, count);
    return 0;
}
