/* What was counted: messages, numbers, close codes, and how long messages were on their way. */
#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* 32 buckets for each power of two of nanoseconds: a bucket is 3 % wide. histogram.py knows the same. */
enum { FINE_BITS = 5, FINE = 1 << FINE_BITS, BUCKETS = 60 * FINE, CODES = 32 };

static const char *const PHASE_NAMES[PHASES] = {"idle", "connecting", "upgrading", "greeting", "live", "waiting", "gone"};

struct tally tally;
static uint64_t latency[BUCKETS];
static unsigned sample_every = 1, passed;
static char mark[16] = "\"t\":";
static struct { int code; uint64_t count; } codes[CODES];

void tally_clear(void)
{
    memset(&tally, 0, sizeof tally);
    memset(latency, 0, sizeof latency);
    memset(codes, 0, sizeof codes);
    passed = 0;
}

void tally_sample(unsigned every)
{
    sample_every = every ? every : 1;
}

/* What stands before the time of publishing, in the text as it comes. */
void tally_mark(const char *words)
{
    snprintf(mark, sizeof mark, "%s", words);
}

static unsigned bucket(uint64_t value)
{
    if (value < FINE)
        return (unsigned)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - FINE_BITS;
    return (shift + 1) * FINE + (unsigned)(value >> shift & (FINE - 1));
}

static void note_latency(const char *text, size_t size, uint64_t now)
{
    const char *at = memmem(text, size, mark, strlen(mark)), *end = text + size;
    uint64_t then = 0;
    if (at == NULL)
        return;
    for (at += strlen(mark); at < end && *at == ' '; at++)
        ;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        then = then * 10 + (uint64_t)(*at - '0');
    latency[bucket(now > then ? now - then : 0)]++;
}

/* One in `sample_every` is looked at for when it was published. */
void tally_message(const char *text, size_t size, uint64_t now)
{
    tally.messages++;
    tally.bytes += size;
    if (++passed >= sample_every) {
        passed = 0;
        note_latency(text, size, now);
    }
}

void tally_code(int code)
{
    for (int i = 0; i < CODES; i++) {
        if (codes[i].count == 0 || codes[i].code == code) {
            codes[i].code = code;
            codes[i].count++;
            return;
        }
    }
}

static void print_phases(void)
{
    uint64_t in[PHASES] = {0};
    for (size_t i = 0; i < tab_count; i++)
        in[tabs[i].phase]++;
    for (int i = 0; i < PHASES; i++)
        printf("\"%s\":%llu,", PHASE_NAMES[i], (unsigned long long)in[i]);
}

static void print_codes(void)
{
    printf("\"ended\":{");
    for (int i = 0; i < CODES && codes[i].count; i++)
        printf("%s\"%d\":%llu", i ? "," : "", codes[i].code, (unsigned long long)codes[i].count);
    printf("},");
}

static void print_latency(void)
{
    const char *comma = "";
    printf("\"latency\":[");
    for (int i = 0; i < BUCKETS; i++) {
        if (latency[i]) {
            printf("%s[%d,%llu]", comma, i, (unsigned long long)latency[i]);
            comma = ",";
        }
    }
    printf("]");
}

void tally_print(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    printf("{\"at\":%llu,\"processor\":%llu,", (unsigned long long)now_ns(),
           (unsigned long long)used.tv_sec * 1000000000u + (unsigned long long)used.tv_nsec);
    print_phases();
    const struct { const char *name; uint64_t value; } members[] = {
        {"messages", tally.messages}, {"bytes", tally.bytes}, {"frames", tally.frames},
        {"replayed", tally.replayed}, {"lost", tally.lost}, {"repeated", tally.repeated},
        {"behind", tally.behind}, {"replays", tally.replays}, {"resets", tally.resets},
        {"catchups", tally.catchups}, {"answers", tally.answers}, {"failures", tally.failures},
        {"first_open", tally.first_open}, {"last_answer", tally.last_answer},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        printf("\"%s\":%llu,", members[i].name, (unsigned long long)members[i].value);
    print_codes();
    print_latency();
    printf("}\n");
}
