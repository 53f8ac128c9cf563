/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generic netlink family "ringside", spoken with libmnl
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <libmnl/libmnl.h>

#include "rows.h"

/*
 * A request under construction: put filters into ->nlh with libmnl's
 * mnl_attr_put_*(). Big enough for RINGSIDE_MAX_PIDS, for every call there may
 * be in each ABI, and for every other filter.
 */
struct request {
	struct nlmsghdr *nlh;
	bool loose;		/* rows may come and go meanwhile: it is asked just once */
	char buf[40960] __attribute__((aligned(4)));
};

void request_init(struct request *req, uint8_t cmd);

struct client;

/*
 * Opens a socket and finds the family. NULL after an error; with quiet, only
 * the absence of the module goes without a sentence.
 */
struct client *client_open(bool quiet);
void client_close(struct client *client);

/* The family's number, for messages of one's own. */
uint16_t client_family(const struct client *client);

/*
 * Replaces the rows by the answer to the request: the one row of a single
 * noun, else every row that matches. 0, or -1 when it failed and a sentence
 * was printed. When rows came and went during the dump it asks again, a few
 * times; then it keeps what it has and says so. A loose request takes it as it is.
 */
int client_get(struct client *client, struct request *req, struct rows *rows);

/*
 * Has the kernel do what the request says; there is no answer but that it is
 * done. 0, or -1 after a sentence that begins with the noun.
 */
int client_do(struct client *client, struct request *req, const char *noun);

#endif
