/* What a server of a few lines can push into the load program: the load program's own ceiling.

   `blast SOCKETS`: prints its port, takes so many WebSockets and then, for each line `go JOINED SIZE SECONDS` on standard
   input, writes text frames of SIZE bytes to all of them in turn, JOINED at a time. It prints how many it wrote. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char ANSWER[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: unchecked\r\n\r\n";

static int *sockets;
static int count;

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int listen_here(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listening, (struct sockaddr *)&address, size) != 0 || listen(listening, 4096) != 0)
        exit(2);
    getsockname(listening, (struct sockaddr *)&address, &size);
    printf("{\"port\":%d}\n", ntohs(address.sin_port));
    fflush(stdout);
    return listening;
}

static void take_all(int listening)
{
    char request[4096];
    for (int i = 0; i < count; i++) {
        sockets[i] = accept(listening, NULL, NULL);
        /* A request comes in one piece on the loopback, and what it asks for is no matter. */
        if (sockets[i] < 0 || recv(sockets[i], request, sizeof request, 0) <= 0)
            exit(2);
        if (write(sockets[i], ANSWER, sizeof ANSWER - 1) != (ssize_t)sizeof ANSWER - 1)
            exit(2);
    }
}

static size_t join(char *frames, int joined, int size)
{
    size_t at = 0;
    for (int i = 0; i < joined; i++) {
        frames[at++] = (char)0x81;
        if (size < 126) {
            frames[at++] = (char)size;
        } else {
            frames[at++] = 126;
            frames[at++] = (char)(size >> 8);
            frames[at++] = (char)size;
        }
        memset(frames + at, 'x', (size_t)size);
        frames[at] = '{';
        at += (size_t)size;
    }
    return at;
}

static void go(int joined, int size, double limit)
{
    char *frames = malloc((size_t)joined * (size_t)(size + 4));
    size_t length = join(frames, joined, size);
    uint64_t written = 0;
    for (double start = seconds(); seconds() - start < limit;) {
        for (int i = 0; i < count; i++) {
            /* One that has no room is waited for: a part of a frame must not be left behind. */
            for (size_t at = 0; at < length;) {
                ssize_t taken = send(sockets[i], frames + at, length - at, MSG_NOSIGNAL);
                if (taken <= 0)
                    exit(1);
                at += (size_t)taken;
            }
            written += (uint64_t)joined;
        }
    }
    free(frames);
    printf("{\"written\":%lu}\n", written);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int joined, size;
    double limit;
    char words[128];
    count = argc == 2 ? atoi(argv[1]) : 0;
    sockets = calloc((size_t)count + 1, sizeof *sockets);
    take_all(listen_here());
    while (fgets(words, sizeof words, stdin) != NULL)
        if (sscanf(words, "go %d %d %lf", &joined, &size, &limit) == 3)
            go(joined, size, limit);
    return 0;
}
