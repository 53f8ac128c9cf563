// SPDX-License-Identifier: GPL-2.0-or-later
/* A plain client of the netlink family "ringside", for tests. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ring.h"
#include "tap.h"

#define F(noun, NAME, lower, type) { #lower, RINGSIDE_A_##noun##_##NAME, type }

static const struct field status_fields[] = {
	F(STATUS, ITEM, item, STR),
	F(STATUS, STATE, state, STR),
	F(STATUS, DETAIL, detail, STR),
	{ 0 }
};

static const struct field task_fields[] = {
	F(TASK, PID, pid, U32), F(TASK, TGID, tgid, U32),
	F(TASK, PPID, ppid, U32), F(TASK, PGID, pgid, U32),
	F(TASK, SID, sid, U32), F(TASK, UID, uid, U32),
	F(TASK, EUID, euid, U32), F(TASK, GID, gid, U32),
	F(TASK, EGID, egid, U32), F(TASK, STATE, state, STR),
	F(TASK, COMM, comm, STR), F(TASK, KTHREAD, kthread, U32),
	F(TASK, NR_THREADS, nr_threads, U32), F(TASK, NICE, nice, S32),
	F(TASK, PRIORITY, priority, S32), F(TASK, POLICY, policy, U32),
	F(TASK, CPU, cpu, U32), F(TASK, UTIME, utime, UINT),
	F(TASK, STIME, stime, UINT), F(TASK, START_TIME, start_time, UINT),
	F(TASK, VSIZE, vsize, UINT), F(TASK, RSS_ANON, rss_anon, UINT),
	F(TASK, RSS_FILE, rss_file, UINT), F(TASK, RSS_SHMEM, rss_shmem, UINT),
	F(TASK, SWAP, swap, UINT), F(TASK, MIN_FLT, min_flt, UINT),
	F(TASK, MAJ_FLT, maj_flt, UINT), F(TASK, NVCSW, nvcsw, UINT),
	F(TASK, NIVCSW, nivcsw, UINT), F(TASK, NR_FDS, nr_fds, U32),
	F(TASK, CGROUP, cgroup, UINT), F(TASK, PID_NS, pid_ns, U32),
	F(TASK, MNT_NS, mnt_ns, U32), F(TASK, NET_NS, net_ns, U32),
	F(TASK, USER_NS, user_ns, U32), F(TASK, THREADS, threads, FLAG),
	{ 0 }
};

#define M(NAME, lower) F(MEMORY, NAME, lower, UINT)

static const struct field memory_fields[] = {
	M(MEM_TOTAL, mem_total), M(MEM_FREE, mem_free),
	M(MEM_AVAILABLE, mem_available), M(BUFFERS, buffers),
	M(CACHED, cached), M(SWAP_CACHED, swap_cached),
	M(ACTIVE_ANON, active_anon), M(INACTIVE_ANON, inactive_anon),
	M(ACTIVE_FILE, active_file), M(INACTIVE_FILE, inactive_file),
	M(UNEVICTABLE, unevictable), M(MLOCKED, mlocked),
	M(SWAP_TOTAL, swap_total), M(SWAP_FREE, swap_free),
	M(DIRTY, dirty), M(WRITEBACK, writeback),
	M(ANON_PAGES, anon_pages), M(MAPPED, mapped), M(SHMEM, shmem),
	M(SLAB_RECLAIMABLE, slab_reclaimable),
	M(SLAB_UNRECLAIMABLE, slab_unreclaimable),
	M(KERNEL_STACK, kernel_stack), M(PAGE_TABLES, page_tables),
	M(COMMITTED_AS, committed_as), M(PGPGIN, pgpgin),
	M(PGPGOUT, pgpgout), M(PSWPIN, pswpin), M(PSWPOUT, pswpout),
	M(PGFREE, pgfree), M(PGFAULT, pgfault), M(PGMAJFAULT, pgmajfault),
	M(PGSCAN_KSWAPD, pgscan_kswapd), M(PGSCAN_DIRECT, pgscan_direct),
	M(PGSTEAL_KSWAPD, pgsteal_kswapd), M(PGSTEAL_DIRECT, pgsteal_direct),
	M(OOM_KILL, oom_kill), M(LOAD1, load1), M(LOAD5, load5),
	M(LOAD15, load15), M(CONTEXT_SWITCHES, context_switches),
	{ 0 }
};

static const struct field slab_fields[] = {
	F(SLAB, NAME, name, STR), F(SLAB, ACTIVE_OBJS, active_objs, UINT),
	F(SLAB, NUM_OBJS, num_objs, UINT), F(SLAB, OBJSIZE, objsize, U32),
	F(SLAB, OBJPERSLAB, objperslab, U32),
	F(SLAB, PAGESPERSLAB, pagesperslab, U32),
	F(SLAB, NUM_SLABS, num_slabs, UINT), F(SLAB, BYTES, bytes, UINT),
	F(SLAB, ALIASES, aliases, U32), F(SLAB, RECLAIMABLE, reclaimable, U32),
	F(SLAB, RCU_FREED, rcu_freed, U32),
	{ 0 }
};

#define W(NAME, lower, type) F(WATCH, NAME, lower, type)

static const struct field watch_fields[] = {
	W(ID, id, U32), W(NAME, name, STR), W(SCOPE, scope, STR), W(PID, pid, U32),
	W(CGROUP, cgroup, UINT), W(UID, uid, U32), W(BY, by, STR), W(TIMES, times, U32),
	W(CALL, call, FLAG), W(OWNER, owner, U32), W(BACKEND, backend, STR),
	W(START_TIME, start_time, UINT), W(THREADS, threads, U32), W(KEYS, keys, U32),
	W(CALLS, calls, UINT), W(MISSED, missed, UINT), W(UNKEPT, unkept, UINT),
	W(LAPSED, lapsed, UINT), W(BYTES, bytes, UINT), W(EVENTS, events, U32),
	W(RECORDED, recorded, UINT), W(LOST, lost, UINT),
	{ 0 }
};

/* What the rows of a watch begin with. */
#define KEY(SET)						\
	F(SET, WATCH, watch, U32), F(SET, NAME, name, STR),	\
	F(SET, PROCESS, process, U32),				\
	F(SET, START_TIME, start_time, UINT),			\
	F(SET, COMM, comm, STR), F(SET, CGROUP, cgroup, UINT),	\
	F(SET, ABI, abi, STR), F(SET, CALL, call, S32)

static const struct field syscall_fields[] = {
	KEY(SYSCALL),
	F(SYSCALL, CALLS, calls, UINT), F(SYSCALL, ERRORS, errors, UINT),
	F(SYSCALL, TIME, time, UINT), F(SYSCALL, CPU_TIME, cpu_time, UINT),
	F(SYSCALL, MIN_TIME, min_time, UINT), F(SYSCALL, MAX_TIME, max_time, UINT),
	F(SYSCALL, P50, p50, UINT), F(SYSCALL, P99, p99, UINT),
	F(SYSCALL, MISSED, missed, UINT),
	{ 0 }
};

static const struct field error_fields[] = {
	KEY(ERROR), F(ERROR, ERRNO, errno, U32), F(ERROR, ERRORS, errors, UINT),
	{ 0 }
};

static const struct field latency_fields[] = {
	KEY(LATENCY), F(LATENCY, FROM, from, UINT), F(LATENCY, TO, to, UINT),
	F(LATENCY, CALLS, calls, UINT),
	{ 0 }
};

static const struct field map_fields[] = {
	F(MAP, PID, pid, U32), F(MAP, START, start, UINT), F(MAP, END, end, UINT),
	F(MAP, PERMS, perms, STR), F(MAP, OFFSET, offset, UINT), F(MAP, DEVICE, device, STR),
	F(MAP, INODE, inode, UINT), F(MAP, NAME, name, STR), F(MAP, PAGE_SIZE, page_size, UINT),
	F(MAP, RSS, rss, UINT), F(MAP, ANON, anon, UINT), F(MAP, SHARED, shared, UINT),
	F(MAP, DIRTY, dirty, UINT), F(MAP, HUGE, huge, UINT), F(MAP, SWAP, swap, UINT),
	F(MAP, HUGETLB, hugetlb, UINT),
	{ 0 }
};

static const struct field page_fields[] = {
	F(PAGE, PID, pid, U32), F(PAGE, ADDRESS, address, UINT), F(PAGE, LEVEL, level, STR),
	F(PAGE, INDEX, index, U32), F(PAGE, SIZE, size, UINT), F(PAGE, STATE, state, STR),
	F(PAGE, FLAGS, flags, STR), F(PAGE, FRAME, frame, UINT),
	{ 0 }
};

static const struct field file_fields[] = {
	F(FILE, PID, pid, U32), F(FILE, FD, fd, U32), F(FILE, UID, uid, U32),
	F(FILE, COMM, comm, STR), F(FILE, TYPE, type, STR), F(FILE, MODE, mode, STR),
	F(FILE, FLAGS, flags, U32), F(FILE, POS, pos, UINT), F(FILE, DEVICE, device, STR),
	F(FILE, INODE, inode, UINT), F(FILE, NAME, name, STR),
	{ 0 }
};

/* The table above has every attribute of the header. */
_Static_assert(NR(status_fields) - 1 == RINGSIDE_A_STATUS_MAX, "status_fields");
_Static_assert(NR(task_fields) - 1 == RINGSIDE_A_TASK_MAX, "task_fields");
_Static_assert(NR(memory_fields) - 1 == RINGSIDE_A_MEMORY_MAX, "memory_fields");
_Static_assert(NR(slab_fields) - 1 == RINGSIDE_A_SLAB_MAX, "slab_fields");
_Static_assert(NR(watch_fields) - 1 == RINGSIDE_A_WATCH_MAX, "watch_fields");
_Static_assert(NR(syscall_fields) - 1 == RINGSIDE_A_SYSCALL_MAX, "syscall_fields");
_Static_assert(NR(error_fields) - 1 == RINGSIDE_A_ERROR_MAX, "error_fields");
_Static_assert(NR(latency_fields) - 1 == RINGSIDE_A_LATENCY_MAX, "latency_fields");
_Static_assert(NR(map_fields) - 1 == RINGSIDE_A_MAP_MAX, "map_fields");
_Static_assert(NR(page_fields) - 1 == RINGSIDE_A_PAGE_MAX, "page_fields");
_Static_assert(NR(file_fields) - 1 == RINGSIDE_A_FILE_MAX, "file_fields");
_Static_assert(RINGSIDE_CMD_MAX == RINGSIDE_CMD_FILE_GET, "nouns");

const struct noun nouns[] = {
	{ "status", RINGSIDE_CMD_STATUS_GET, RINGSIDE_A_STATUS_MAX, status_fields },
	{ "tasks", RINGSIDE_CMD_TASK_GET, RINGSIDE_A_TASK_MAX, task_fields },
	{ "memory", RINGSIDE_CMD_MEMORY_GET, RINGSIDE_A_MEMORY_MAX, memory_fields },
	{ "slabs", RINGSIDE_CMD_SLAB_GET, RINGSIDE_A_SLAB_MAX, slab_fields },
	{ "watches", RINGSIDE_CMD_WATCH_GET, RINGSIDE_A_WATCH_MAX, watch_fields },
	{ "syscalls", RINGSIDE_CMD_SYSCALL_GET, RINGSIDE_A_SYSCALL_MAX, syscall_fields, true },
	{ "errors", RINGSIDE_CMD_ERROR_GET, RINGSIDE_A_ERROR_MAX, error_fields, true },
	{ "latency", RINGSIDE_CMD_LATENCY_GET, RINGSIDE_A_LATENCY_MAX, latency_fields, true },
	{ "maps", RINGSIDE_CMD_MAP_GET, RINGSIDE_A_MAP_MAX, map_fields, true, true },
	{ "pages", RINGSIDE_CMD_PAGE_GET, RINGSIDE_A_PAGE_MAX, page_fields, true, true },
	{ "files", RINGSIDE_CMD_FILE_GET, RINGSIDE_A_FILE_MAX, file_fields, true },
	{ 0 }
};

_Static_assert(NR(nouns) - 1 == NR_NOUNS, "NR_NOUNS");

/* Asks for something to be done, so it is none of them. */
static const struct noun watch_new_noun = { "new watch", RINGSIDE_CMD_WATCH_NEW, RINGSIDE_A_WATCH_MAX, watch_fields };

unsigned int wire_errors;
char wire_error[512];
void (*wire_tap)(const void *message, size_t len);

const struct noun *noun_of(int cmd)
{
	const struct noun *noun;

	for (noun = nouns; noun->name; noun++)
		if (noun->cmd == cmd)
			return noun;
	return cmd == RINGSIDE_CMD_WATCH_NEW ? &watch_new_noun : NULL;
}

#define BROKEN(...) do {						\
	if (!wire_errors++)						\
		snprintf(wire_error, sizeof(wire_error), __VA_ARGS__);	\
} while (0)

static void decode_attr(const struct noun *noun, const struct nlattr *attr, struct row *row)
{
	unsigned int type = mnl_attr_get_type(attr);
	unsigned int len = mnl_attr_get_payload_len(attr);
	const char *data = mnl_attr_get_payload(attr);
	const struct field *field;

	if (!type || type > (unsigned int)noun->max) {
		BROKEN("%s: attribute %u is not in the header", noun->name, type);
		return;
	}
	field = &noun->fields[type - 1];
	if (row->sent & 1ULL << type)
		BROKEN("%s: %s was sent twice", noun->name, field->name);
	row->sent |= 1ULL << type;
	if (attr->nla_type & (NLA_F_NESTED | NLA_F_NET_BYTEORDER))
		BROKEN("%s: %s has flags in its type", noun->name, field->name);
	switch (field->type) {
	case STR:
		if (len < 2 || data[len - 1] || strlen(data) != len - 1) {
			BROKEN("%s: %s is empty or not ended just once", noun->name, field->name);
			return;
		}
		row->s[type] = strdup(data);
		return;
	case U32:
	case S32:
		if (len != 4) {
			BROKEN("%s: %s has %u bytes", noun->name, field->name, len);
			return;
		}
		break;
	case UINT:
		if (len != 4 && len != 8) {
			BROKEN("%s: %s has %u bytes", noun->name, field->name, len);
			return;
		}
		break;
	default:
		BROKEN("%s: %s is only ever asked", noun->name, field->name);
		return;
	}
	if (len == 8) {
		uint64_t value;

		memcpy(&value, data, 8);
		if (value <= UINT32_MAX)
			BROKEN("%s: %s fits 4 bytes and was sent in 8", noun->name, field->name);
		row->v[type] = value;
	} else {
		uint32_t value;

		memcpy(&value, data, 4);
		row->v[type] = field->type == S32 ? (int32_t)value : (int64_t)value;
		if (!value)
			BROKEN("%s: %s is zero and was sent", noun->name, field->name);
	}
}

void row_decode(const struct noun *noun, const struct nlmsghdr *nlh, struct row *row)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	int i, left;

	memset(row, 0, sizeof(*row));
	row->flags = nlh->nlmsg_flags;
	row->len = nlh->nlmsg_len;
	if (genl->cmd != noun->cmd || genl->version != RINGSIDE_FAMILY_VERSION)
		BROKEN("%s: answered as command %u version %u", noun->name, genl->cmd, genl->version);
	if (genl->reserved)
		BROKEN("%s: the reserved field is %#x", noun->name, genl->reserved);
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		decode_attr(noun, attr, row);
	left = (char *)nlh + nlh->nlmsg_len - (char *)attr;
	if (left)
		BROKEN("%s: %d bytes are no attribute", noun->name, left);
	for (i = 0; i < ATTRS; i++)
		if (!row->s[i])
			row->s[i] = "";
}

static struct row *rows_add(struct rows *rows)
{
	if (rows->nr == rows->room) {
		rows->room = rows->room ? 2 * rows->room : 64;
		rows->row = realloc(rows->row, rows->room * sizeof(struct row));
		if (!rows->row)
			bail("no memory for rows");
	}
	return &rows->row[rows->nr++];
}

void row_clear(struct row *row)
{
	unsigned int a;

	for (a = 0; a < ATTRS; a++)
		if (*row->s[a])
			free(row->s[a]);
}

void rows_free(struct rows *rows)
{
	unsigned int i;

	for (i = 0; i < rows->nr; i++)
		row_clear(&rows->row[i]);
	free(rows->row);
	memset(rows, 0, sizeof(*rows));
}

struct row *row_by(const struct rows *rows, int attr, int64_t value)
{
	unsigned int i;

	for (i = 0; i < rows->nr; i++)
		if (rows->row[i].v[attr] == value)
			return &rows->row[i];
	return NULL;
}

struct row *row_named(const struct rows *rows, int attr, const char *value)
{
	unsigned int i;

	for (i = 0; i < rows->nr; i++)
		if (!strcmp(rows->row[i].s[attr], value))
			return &rows->row[i];
	return NULL;
}

bool rows_same(const struct noun *noun, const struct row *a, const struct row *b,
	       uint64_t but, char *buf, size_t size)
{
	const struct field *field;

	for (field = noun->fields; field->name; field++) {
		int n = field->attr;

		if (but & 1ULL << n)
			continue;
		if (field->type == STR ? !strcmp(a->s[n], b->s[n]) : a->v[n] == b->v[n])
			continue;
		if (field->type == STR)
			snprintf(buf, size, "%s: '%s' and '%s'", field->name, a->s[n], b->s[n]);
		else
			snprintf(buf, size, "%s: %lld and %lld", field->name,
				 (long long)a->v[n], (long long)b->v[n]);
		return false;
	}
	return true;
}

int ring_fd(const struct ring *r)
{
	return mnl_socket_get_fd(r->nl);
}

static int find_family(struct ring *r)
{
	char buf[4096];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;
	const struct nlattr *attr;
	int got;

	nlh->nlmsg_type = GENL_ID_CTRL;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = ++r->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = CTRL_CMD_GETFAMILY;
	genl->version = 1;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, RINGSIDE_FAMILY_NAME);
	if (mnl_socket_sendto(r->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	got = mnl_socket_recvfrom(r->nl, buf, sizeof(buf));
	if (got < 0)
		return -errno;
	nlh = (struct nlmsghdr *)buf;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->error;
	mnl_attr_for_each(attr, nlh, sizeof(*genl))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			return mnl_attr_get_u16(attr);
	return -ENOENT;
}

bool ring_open(struct ring *r)
{
	int one = 1;

	memset(r, 0, sizeof(*r));
	r->room = 65536;
	r->nl = mnl_socket_open(NETLINK_GENERIC);
	if (!r->nl)
		return false;
	if (mnl_socket_bind(r->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(r->nl, NETLINK_EXT_ACK, &one, sizeof(one)) < 0 ||
	    mnl_socket_setsockopt(r->nl, NETLINK_CAP_ACK, &one, sizeof(one)) < 0) {
		ring_close(r);
		return false;
	}
	r->family = find_family(r);
	if (r->family < 0) {
		int err = -r->family;

		ring_close(r);
		errno = err;
		return false;
	}
	return true;
}

void ring_close(struct ring *r)
{
	if (r->nl)
		mnl_socket_close(r->nl);
	r->nl = NULL;
}

void ask(struct ring *r, int cmd, bool dump)
{
	struct genlmsghdr *genl;

	r->req = mnl_nlmsg_put_header(r->out);
	r->req->nlmsg_type = r->family;
	r->req->nlmsg_flags = NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0);
	r->req->nlmsg_seq = ++r->seq;
	genl = mnl_nlmsg_put_extra_header(r->req, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = RINGSIDE_FAMILY_VERSION;
}

void ask_u32(struct ring *r, int attr, uint32_t value)
{
	mnl_attr_put_u32(r->req, attr, value);
}

void ask_u64(struct ring *r, int attr, uint64_t value)
{
	mnl_attr_put_u64(r->req, attr, value);
}

void ask_str(struct ring *r, int attr, const char *value)
{
	mnl_attr_put_strz(r->req, attr, value);
}

void ask_flag(struct ring *r, int attr)
{
	mnl_attr_put(r->req, attr, 0, NULL);
}

int ask_offset(const struct ring *r)
{
	return MNL_ALIGN(r->req->nlmsg_len);
}

int ask_send(struct ring *r)
{
	*r->why = '\0';
	r->offset = -1;
	r->intr = false;
	r->messages = r->bytes = 0;
	return mnl_socket_sendto(r->nl, r->req, r->req->nlmsg_len) < 0 ? -errno : 0;
}

/* The sentence and the offset; both are attributes behind the error number. */
static void read_ack(struct ring *r, const struct nlmsghdr *nlh, unsigned int skip_bytes)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, skip_bytes) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(r->why, sizeof(r->why), "%s", mnl_attr_get_str(attr));
		else if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS)
			r->offset = mnl_attr_get_u32(attr);
	}
}

int answer_some(struct ring *r, struct rows *rows, bool *done)
{
	static char buf[65536];
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
	int got = mnl_socket_recvfrom(r->nl, buf, r->room);
	int err = 0;

	*done = got < 0;
	if (got < 0)
		return -errno;
	r->bytes += got;
	for (; mnl_nlmsg_ok(nlh, got); nlh = mnl_nlmsg_next(nlh, &got)) {
		if (nlh->nlmsg_seq != r->req->nlmsg_seq)
			continue;
		if (wire_tap)
			wire_tap(nlh, nlh->nlmsg_len);
		r->intr |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			err = ((struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->error;
			read_ack(r, nlh, sizeof(struct nlmsgerr));
			*done = true;
		} else if (nlh->nlmsg_type == NLMSG_DONE) {
			err = *(int *)mnl_nlmsg_get_payload(nlh);
			read_ack(r, nlh, sizeof(int));
			*done = true;
		} else if (nlh->nlmsg_type == r->family) {
			const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
			const struct noun *noun = noun_of(genl->cmd);

			r->messages++;
			if (noun && rows)
				row_decode(noun, nlh, rows_add(rows));
			/* A do is answered once. */
			if (!(nlh->nlmsg_flags & NLM_F_MULTI))
				*done = true;
		}
	}
	return err;
}

int answer(struct ring *r, struct rows *rows)
{
	bool done = false;
	int err = ask_send(r);

	while (!err && !done)
		err = answer_some(r, rows, &done);
	return err;
}

void dump_all(struct ring *r, int cmd, struct rows *rows)
{
	int err;

	memset(rows, 0, sizeof(*rows));
	ask(r, cmd, true);
	err = answer(r, rows);
	if (err)
		bail("a dump of %s: %s (%s)", noun_of(cmd)->name, strerror(-err), r->why);
}

void wire_ok(void)
{
	ok(!wire_errors, "every message kept the contract of the header");
	if (wire_errors)
		diag("%u did not, first: %s", wire_errors, wire_error);
}
