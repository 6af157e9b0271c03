/* One connection, from connect() to its end. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 256 * 1024, LARGEST = 4 * 1024 * 1024, SMALL_WINDOW = 4096 };

static int epoll_fd;
static struct sockaddr_in server = {.sin_family = AF_INET};
static bool comes_back;
static uint8_t buffer[LARGEST];

void tab_start(int epoll)
{
    epoll_fd = epoll;
}

void tab_port(int port)
{
    server.sin_port = htons((uint16_t)port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

void tab_follow(bool follow)
{
    comes_back = follow;
}

static void let_go(struct tab *tab)
{
    /* A reset leaves no port waiting behind: there would soon be none left. */
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(tab->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(tab->fd);
    free(tab->carry);
    tab->fd = -1;
    tab->carry = NULL;
    tab->carried = tab->room = 0;
}

void tab_drop(struct tab *tab)
{
    if (tab->fd >= 0)
        let_go(tab);
    crowd_landed(tab);
    tab->phase = IDLE;
    tab->failures = 0;
}

void tab_ended(struct tab *tab, int code)
{
    if (tab->fd < 0)
        return;
    tally_code(code);
    let_go(tab);
    crowd_landed(tab);
    tab->phase = GONE;
    /* 4500 to 4999 say: stay away. */
    if (comes_back && (code < 4500 || code > 4999))
        crowd_back_later(tab);
}

void tab_open(struct tab *tab)
{
    int small = SMALL_WINDOW, yes = 1;
    struct epoll_event wish = {.events = EPOLLOUT, .data.ptr = tab};
    tab->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (tab->fd < 0) {
        tally.failures++;
        crowd_landed(tab);
        tab->phase = GONE;
        return;
    }
    if (tab->deaf)
        setsockopt(tab->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(tab->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    tab->phase = CONNECTING;
    if (connect(tab->fd, (struct sockaddr *)&server, sizeof server) != 0 && errno != EINPROGRESS) {
        tally.failures++;
        tab_ended(tab, 0);
        return;
    }
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, tab->fd, &wish);
}

static void send_all(struct tab *tab, const void *data, size_t size)
{
    /* What a tab says is little, and always finds room; one that does not is broken. */
    if (send(tab->fd, data, size, MSG_NOSIGNAL) != (ssize_t)size)
        tab_ended(tab, 0);
}

void tab_say(struct tab *tab, int opcode, const char *text, size_t size)
{
    char frame[4096];
    size_t header = 2;
    if (size + 8 > sizeof frame)
        return;
    frame[0] = (char)(0x80 | opcode);
    frame[1] = (char)(0x80 | (size < 126 ? size : 126));
    if (size >= 126) {
        frame[2] = (char)(size >> 8);
        frame[3] = (char)size;
        header = 4;
    }
    /* The mask is four zeros, so the text stands as it is. */
    memset(frame + header, 0, 4);
    memcpy(frame + header + 4, text, size);
    send_all(tab, frame, header + 4 + size);
}

static void connected(struct tab *tab)
{
    struct epoll_event wish = {.events = EPOLLIN, .data.ptr = tab};
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(tab->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        tally.failures++;
        tab_ended(tab, 0);
        return;
    }
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, tab->fd, &wish);
    tab->phase = UPGRADING;
    send_all(tab, tab->head, tab->head_size);
}

void tab_answered(struct tab *tab, uint64_t now)
{
    struct epoll_event nothing = {.events = 0, .data.ptr = tab};
    if (tab->phase == LIVE)
        return;
    tab->phase = LIVE;
    tab->failures = 0;
    tally.answers++;
    tally.last_answer = now;
    crowd_landed(tab);
    if (tab->deaf)
        epoll_ctl(epoll_fd, EPOLL_CTL_MOD, tab->fd, &nothing);
}

/* How many bytes were understood. */
static size_t upgrade(struct tab *tab, const uint8_t *data, size_t size, uint64_t now)
{
    const uint8_t *end = memmem(data, size, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    int status = size > 12 ? atoi((const char *)data + 9) : 0;
    if (status != 101) {
        tally.failures++;
        tab_ended(tab, status);
        return size;
    }
    tab->phase = GREETING;
    dialog_opened(tab, now);
    return (size_t)(end + 4 - data);
}

static void keep(struct tab *tab, const uint8_t *data, size_t size)
{
    if (size > tab->room) {
        tab->room = (uint32_t)size;
        tab->carry = realloc(tab->carry, size);
    }
    memcpy(tab->carry, data, size);
    tab->carried = (uint32_t)size;
}

static void take(struct tab *tab, size_t size, uint64_t now)
{
    size_t used = 0;
    if (tab->phase == UPGRADING)
        used = upgrade(tab, buffer, size, now);
    if (tab->phase == GREETING || tab->phase == LIVE)
        used += frames_walk(tab, buffer + used, size - used, now);
    if (tab->fd >= 0 && used < size)
        keep(tab, buffer + used, size - used);
}

void tab_ready(struct tab *tab, uint32_t events)
{
    if (tab->fd < 0)
        return;
    if (tab->phase == CONNECTING) {
        connected(tab);
        return;
    }
    if (!(events & EPOLLIN)) {
        tab_ended(tab, 0);
        return;
    }
    size_t held = tab->carried, free_bytes = LARGEST - held;
    if (held)
        memcpy(buffer, tab->carry, held);
    ssize_t got = recv(tab->fd, buffer + held, free_bytes < AT_ONCE ? free_bytes : AT_ONCE, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        tab_ended(tab, 0);
        return;
    }
    tab->carried = 0;
    take(tab, held + (size_t)got, now_ns());
}
