// SPDX-License-Identifier: GPL-2.0-or-later
/* Readers that misbehave, one at a time: begin again, take too little. Many at once: storm-dumps. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "lib.h"

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

int main(void)
{
	unsigned int i;

	lib_init();
	for (i = 0; i < 250; i++)
		child(NULL, NULL);
	restart();
	tiny_receive();
	tiny_socket();
	wire_ok();
	children_end();
	return tap_end();
}
