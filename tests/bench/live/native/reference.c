/* What C can do: a server of a few lines for the same job, without sessions, without care for who is slow.

   `reference PORT SOCKET JOINED` takes WebSockets whose path names a channel, subscribes to it at Redis, and writes each
   message to all sockets of its channel: one write a message, or where JOINED is 1 one write for all that one read from
   Redis has brought. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { NAME = 64, BUCKETS = 1 << 16, INCOMING = 1 << 22, DIRTY = 1 << 16 };

static const char ANSWER[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: unchecked\r\n\r\n";
static const char READY[] = "\x81\x10{\"type\":\"ready\"}";

struct room {
    char name[NAME];
    bool confirmed, dirty;
    int *sockets, count, space;
    char *pending;
    size_t waiting, limit;
    struct room *next;
};

static struct room *rooms[BUCKETS], *dirty[DIRTY];
static size_t dirty_count, held;
static struct room *room_of[1 << 20];
static char incoming[INCOMING];
static int redis, epoll, joined;

static void write_all(int socket, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t taken = send(socket, data, size, MSG_NOSIGNAL);
        if (taken <= 0)
            return;
        data += taken;
        size -= (size_t)taken;
    }
}

static struct room *find(const char *name, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619u;
    struct room **place = &rooms[hash % BUCKETS];
    for (struct room *room = *place; room != NULL; room = room->next)
        if (strlen(room->name) == size && memcmp(room->name, name, size) == 0)
            return room;
    struct room *room = calloc(1, sizeof *room);
    memcpy(room->name, name, size < NAME ? size : NAME - 1);
    room->next = *place;
    *place = room;
    return room;
}

static void enter(int socket, char *request)
{
    char command[NAME * 2], *name = strchr(request, '/'), *end = name ? strchr(++name, ' ') : NULL;
    if (end == NULL)
        return;
    struct room *room = room_of[socket] = find(name, (size_t)(end - name));
    if (room->count == room->space) {
        room->space = room->space ? room->space * 2 : 2;
        room->sockets = realloc(room->sockets, (size_t)room->space * sizeof *room->sockets);
    }
    room->sockets[room->count++] = socket;
    write_all(socket, ANSWER, sizeof ANSWER - 1);
    if (room->confirmed) {
        write_all(socket, READY, sizeof READY - 1);
    } else if (room->count == 1) {
        int size = snprintf(command, sizeof command, "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%s\r\n", strlen(room->name),
                            room->name);
        write_all(redis, command, (size_t)size);
    }
}

static void leave(int socket)
{
    struct room *room = room_of[socket];
    for (int i = 0; room != NULL && i < room->count; i++)
        if (room->sockets[i] == socket)
            room->sockets[i--] = room->sockets[--room->count];
    room_of[socket] = NULL;
    close(socket);
}

static void flush(struct room *room)
{
    for (int i = 0; i < room->count; i++)
        write_all(room->sockets[i], room->pending, room->waiting);
    room->waiting = 0;
    room->dirty = false;
}

static void tell(struct room *room, const char *text, size_t size)
{
    if (room->waiting + size + 4 > room->limit) {
        room->limit = (room->waiting + size + 4) * 2;
        room->pending = realloc(room->pending, room->limit);
    }
    char *frame = room->pending + room->waiting;
    *frame++ = (char)0x81;
    if (size < 126) {
        *frame++ = (char)size;
    } else {
        *frame++ = 126;
        *frame++ = (char)(size >> 8);
        *frame++ = (char)size;
    }
    memcpy(frame, text, size);
    room->waiting = (size_t)(frame + size - room->pending);
    if (!joined)
        flush(room);
    else if (!room->dirty && dirty_count < DIRTY) {
        room->dirty = true;
        dirty[dirty_count++] = room;
    }
}

/* A bulk string or a number at `at`; where the next begins, NULL if it has not come whole. */
static char *word(char *at, char *end, char **text, size_t *size)
{
    char *line = memmem(at, (size_t)(end - at), "\r\n", 2);
    if (line == NULL)
        return NULL;
    *text = line + 2;
    *size = *at == '$' ? (size_t)atol(at + 1) : 0;
    char *after = *at == '$' ? *text + *size + 2 : line + 2;
    return after <= end ? after : NULL;
}

static void hear_redis(void)
{
    ssize_t got = recv(redis, incoming + held, sizeof incoming - held, 0);
    if (got <= 0)
        exit(1);
    char *at = incoming, *end = incoming + held + got, *kind, *name, *text;
    size_t kind_size, name_size, size;
    for (char *next = at; *at == '*' && at < end; at = next) {
        next = memmem(at, (size_t)(end - at), "\r\n", 2);
        next = next ? word(next + 2, end, &kind, &kind_size) : NULL;
        next = next ? word(next, end, &name, &name_size) : NULL;
        next = next ? word(next, end, &text, &size) : NULL;
        if (next == NULL)
            break;
        struct room *room = find(name, name_size);
        if (kind_size == 7) {
            tell(room, text, size);
        } else {
            room->confirmed = true;
            for (int i = 0; i < room->count; i++)
                write_all(room->sockets[i], READY, sizeof READY - 1);
        }
    }
    held = (size_t)(end - at);
    memmove(incoming, at, held);
    for (size_t i = 0; i < dirty_count; i++)
        flush(dirty[i]);
    dirty_count = 0;
}

static void watch(int socket)
{
    struct epoll_event wish = {.events = EPOLLIN, .data.fd = socket};
    epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &wish);
}

static void hear_socket(int socket)
{
    char words[4096];
    ssize_t got = recv(socket, words, sizeof words - 1, MSG_DONTWAIT);
    words[got > 0 ? got : 0] = 0;
    if (got <= 0)
        leave(socket);
    else if (room_of[socket] == NULL)
        enter(socket, words);
}

int main(int argc, char **argv)
{
    struct epoll_event events[1024];
    struct sockaddr_un here = {.sun_family = AF_UNIX};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listening = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (argc != 4)
        return 2;
    joined = atoi(argv[3]);
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    strncpy(here.sun_path, argv[2], sizeof here.sun_path - 1);
    redis = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(redis, (struct sockaddr *)&here, sizeof here) != 0)
        return 1;
    if (bind(listening, (struct sockaddr *)&address, sizeof address) != 0 || listen(listening, 4096) != 0)
        return 1;
    epoll = epoll_create1(0);
    watch(redis);
    watch(listening);
    for (;;) {
        int count = epoll_wait(epoll, events, 1024, -1);
        for (int i = 0; i < count; i++) {
            int socket = events[i].data.fd;
            if (socket == redis) {
                hear_redis();
            } else if (socket != listening) {
                hear_socket(socket);
            } else if ((socket = accept(listening, NULL, NULL)) >= 0) {
                setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                watch(socket);
            }
        }
    }
}
