/* What the text in a frame means, and what is said in return: atelier.v1, or rules for the servers beside it. */
#define _GNU_SOURCE
#include "load.h"

#include <stdlib.h>
#include <string.h>

enum act { MESSAGE, ANSWER, REPLY, IGNORE };

struct rule {
    enum act act;
    char *prefix, *reply;
    size_t prefix_size, reply_size;
};

static const char *const NAMES[] = {"message", "answer", "reply", "ignore"};
static struct rule rules[16];
static size_t rule_count;
static bool speaks_atelier, several_lines;

void dialog_reset(bool atelier, bool lines)
{
    speaks_atelier = atelier;
    several_lines = lines;
    rule_count = 0;
}

/* The first rule whose prefix fits a frame is the one; `message` counts it, `answer` is the answer to the hello. */
bool dialog_rule(const char *act, const char *prefix, const char *reply)
{
    if (rule_count == sizeof rules / sizeof *rules)
        return false;
    for (int i = MESSAGE; i <= IGNORE; i++) {
        if (strcmp(act, NAMES[i]) == 0) {
            rules[rule_count++] = (struct rule){i, strdup(prefix), strdup(reply), strlen(prefix), strlen(reply)};
            return true;
        }
    }
    return false;
}

static bool waits_for_an_answer(void)
{
    for (size_t i = 0; i < rule_count; i++)
        if (rules[i].act == ANSWER)
            return true;
    return speaks_atelier;
}

void dialog_opened(struct tab *tab, uint64_t now)
{
    if (speaks_atelier)
        stream_greet(tab);
    else if (tab->hello_size)
        tab_say(tab, 1, tab->hello, tab->hello_size);
    if (!waits_for_an_answer())
        tab_answered(tab, now);
}

static void hear_line(struct tab *tab, const char *text, size_t size, uint64_t now)
{
    for (const struct rule *rule = rules; rule < rules + rule_count; rule++) {
        if (size < rule->prefix_size || memcmp(text, rule->prefix, rule->prefix_size) != 0)
            continue;
        if (rule->act == MESSAGE)
            tally_message(text, size, now);
        else if (rule->act == ANSWER)
            tab_answered(tab, now);
        else if (rule->act == REPLY)
            tab_say(tab, 1, rule->reply, rule->reply_size);
        return;
    }
}

void dialog_hear(struct tab *tab, const char *text, size_t size, uint64_t now)
{
    if (speaks_atelier) {
        stream_hear(tab, text, size, now);
        return;
    }
    const char *end = text + size, *line;
    while (several_lines && (line = memchr(text, '\n', (size_t)(end - text))) != NULL) {
        hear_line(tab, text, (size_t)(line - text), now);
        text = line + 1;
    }
    hear_line(tab, text, (size_t)(end - text), now);
}
