// SPDX-License-Identifier: GPL-2.0-or-later
/* Readers that misbehave: stop half-way, close, take too little, crowd. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "lib.h"
#include "watched.h"

/* The commands that ask for rows, from STATUS_GET on. */
enum { GETS = RINGSIDE_CMD_LATENCY_GET };

static int nothing(void *arg)
{
	return 0;
}

static bool well(void)
{
	static struct ring r;
	struct rows rows = { 0 };
	bool good = ring_open(&r);

	if (good) {
		ask(&r, RINGSIDE_CMD_TASK_GET, true);
		good = !answer(&r, &rows) && rows.nr > 10;
		rows_free(&rows);
		ring_close(&r);
	}
	return good;
}

/* Starts dumps and closes the socket with them unread, or a piece read. */
static void abandon(void)
{
	static struct ring r;
	unsigned int i, bad = 0;
	bool done;

	for (i = 0; i < 500; i++) {
		struct rows rows = { 0 };

		if (!ring_open(&r))
			bail("no family: %s", strerror(errno));
		ask(&r, RINGSIDE_CMD_STATUS_GET + i % GETS, true);
		bad += ask_send(&r) != 0;
		if (i & 16)
			bad += answer_some(&r, &rows, &done) != 0;
		rows_free(&rows);
		ring_close(&r);
	}
	ok(!bad && well(), "500 dumps abandoned, unread or half-way");
}

/* A second dump on a busy socket is refused; after the first has ended it is not. */
static void restart(void)
{
	static struct ring r;
	struct rows rows = { 0 };
	bool done;
	int err;

	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	r.room = 8192;
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	ask_send(&r);
	err = answer_some(&r, &rows, &done);
	ok(!err && !done, "a dump of many does not fit one receive");
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	err = mnl_socket_sendto(r.nl, r.req, r.req->nlmsg_len) < 0 ? -errno : 0;
	while (!err && !done)
		err = answer_some(&r, &rows, &done);
	/* The kernel answers -EBUSY either way: to the request, or as its answer. */
	is(err, -EBUSY, "a second dump on the same socket, before the first has ended");
	rows_free(&rows);
	/* What was left of the first. */
	r.req->nlmsg_seq--;
	for (done = false, err = 0; !err && !done;)
		err = answer_some(&r, &rows, &done);
	ok(!err, "the first goes on to its end");
	rows_free(&rows);
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	err = answer(&r, &rows);
	ok(!err && rows.nr > 200, "and then another one works");
	rows_free(&rows);
	ring_close(&r);
}

/* A receive buffer in user space too small for a message: cut off, and told so; the dump ends. */
static void tiny_receive(void)
{
	static struct ring r;
	static const unsigned int sizes[] = { 1, 16, 20, 64, 200 };
	struct timeval patience = { .tv_sec = 10 };
	unsigned int i, bad = 0, cut = 0;

	for (i = 0; i < NR(sizes); i++) {
		unsigned int datagrams = 0;
		bool done = false;

		if (!ring_open(&r))
			bail("no family: %s", strerror(errno));
		setsockopt(ring_fd(&r), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		ask(&r, RINGSIDE_CMD_TASK_GET, true);
		ask_send(&r);
		while (!done && datagrams < 10000) {
			char buf[256];
			struct iovec iov = { buf, sizes[i] };
			struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
			ssize_t got = recvmsg(ring_fd(&r), &msg, 0);
			struct pollfd ready = { .fd = ring_fd(&r), .events = POLLIN };

			if (got < 0) {
				bad++;
				diag("with %u bytes: %s", sizes[i], strerror(errno));
				break;
			}
			datagrams++;
			cut += !!(msg.msg_flags & MSG_TRUNC);
			/* At the end nothing more comes. */
			done = poll(&ready, 1, 200) == 0;
		}
		bad += !done;
		ring_close(&r);
	}
	ok(!bad && cut && well(), "receives of 1 to 200 bytes are cut off and told, and never hang");
}

/* A socket buffer as small as the kernel allows. */
static void tiny_socket(void)
{
	static struct ring r;
	struct rows rows = { 0 };
	int one = 1, err;

	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	setsockopt(ring_fd(&r), SOL_SOCKET, SO_RCVBUF, &one, sizeof(one));
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	err = answer(&r, &rows);
	ok(!err && rows.nr > 200, "a dump through the smallest socket buffer is whole");
	diag("%u rows in %u bytes", rows.nr, r.bytes);
	rows_free(&rows);
	ring_close(&r);
}

static int crowd_failed;

static void *reader(void *arg)
{
	struct ring *r = malloc(sizeof(*r));
	unsigned int i, least = *(unsigned int *)arg;

	if (!ring_open(r)) {
		__atomic_add_fetch(&crowd_failed, 1, __ATOMIC_RELAXED);
		free(r);
		return NULL;
	}
	for (i = 0; i < 40; i++) {
		struct rows rows = { 0 };
		int cmd = 1 + i % GETS, err;

		ask(r, cmd, true);
		err = answer(r, &rows);
		if (err || (cmd == RINGSIDE_CMD_TASK_GET && rows.nr < least))
			__atomic_add_fetch(&crowd_failed, 1, __ATOMIC_RELAXED);
		rows_free(&rows);
		if (i % 7 == 6) {
			/* Leaves one behind now and then. */
			ask(r, RINGSIDE_CMD_TASK_GET, true);
			ask_send(r);
			ring_close(r);
			if (!ring_open(r))
				break;
		}
	}
	ring_close(r);
	free(r);
	return NULL;
}

/* Several processes, for answer_some() keeps its buffer for itself, while others come and go. */
static void crowd(unsigned int least)
{
	pid_t pid[6], storm;
	unsigned int i, bad = 0;
	int status;

	fflush(stdout);
	storm = fork();
	if (!storm)
		for (;;) {
			pid_t p = fork();

			if (!p)
				_exit(0);
			waitpid(p, NULL, 0);
		}
	for (i = 0; i < NR(pid); i++) {
		pid[i] = fork();
		if (!pid[i]) {
			reader(&least);
			_exit(crowd_failed ? 1 : 0);
		}
	}
	for (i = 0; i < NR(pid); i++)
		bad += waitpid(pid[i], &status, 0) != pid[i] || status;
	kill(storm, SIGKILL);
	waitpid(storm, NULL, 0);
	is(bad, 0, "six readers at once, 40 dumps each, while processes come and go");
}

/* One socket, used by four threads that send and receive as they like. */
static volatile bool sharing;

static void *sharer(void *arg)
{
	struct ring *r = arg;
	char buf[32768], out[64];
	struct nlmsghdr *nlh = memset(out, 0, sizeof(out));
	struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	unsigned int i;

	for (i = 0; sharing; i++) {
		nlh->nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
		nlh->nlmsg_type = r->family;
		nlh->nlmsg_flags = NLM_F_REQUEST | (i % 3 ? NLM_F_DUMP : 0);
		genl->cmd = 1 + i % GETS;
		genl->version = 1;
		send(ring_fd(r), out, nlh->nlmsg_len, MSG_DONTWAIT);
		recv(ring_fd(r), buf, i % 5 ? sizeof(buf) : 100, MSG_DONTWAIT);
	}
	return NULL;
}

static void share(void)
{
	static struct ring r;
	pthread_t thread[4];
	unsigned int i;

	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	sharing = true;
	for (i = 0; i < NR(thread); i++)
		if (pthread_create(&thread[i], NULL, sharer, &r))
			bail("pthread_create: %s", strerror(errno));
	sleep(2);
	sharing = false;
	for (i = 0; i < NR(thread); i++)
		pthread_join(thread[i], NULL);
	ring_close(&r);
	ok(well(), "one socket shared by four threads that send and receive as they like");
}

int main(void)
{
	static struct ring own;
	struct watched watched;
	unsigned int i;

	lib_init();
	for (i = 0; i < 250; i++)
		child(nothing, NULL);
	if (!ring_open(&own))
		bail("no family: %s", strerror(errno));
	watched_make(&own, &watched);
	abandon();
	restart();
	tiny_receive();
	tiny_socket();
	crowd(250);
	share();
	watched_end(&own, &watched);
	wire_ok();
	children_end();
	return tap_end();
}
