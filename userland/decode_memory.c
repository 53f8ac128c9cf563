// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <linux/ringside.h>

#include "decode_memory.h"
#include "decode_tables.h"

#define SIGNALS		64
#define WORDS_SHOWN	32	/* strings of a list, as strace has it */

/* The number that so many bytes are. */
static uint64_t number_at(const uint8_t *data, unsigned int size)
{
	uint64_t number = 0;

	memcpy(&number, data, size <= sizeof(number) ? size : sizeof(number));
	return number;
}

static void put_words(struct line *line, const struct decoding *how,
		      const struct ringside_capture *capture)
{
	const char *word = (const char *)capture->data, *end = word + capture->length;
	const char *comma = "[";
	unsigned int nr = 0;

	for (; word < end; word += strnlen(word, end - word) + 1) {
		size_t len = strnlen(word, end - word);

		line_word(line, comma);
		comma = ", ";
		if (++nr > WORDS_SHOWN)
			break;
		line_quote(line, word, len < how->strings ? len : how->strings, len > how->strings);
	}
	if (comma[0] == '[')
		line_word(line, comma);
	if (capture->flags & RINGSIDE_CAPTURE_UNREADABLE)
		line_word(line, ", /* unreadable */");
	else if (nr > WORDS_SHOWN)
		line_word(line, "...");
	else if (capture->flags & RINGSIDE_CAPTURE_CUT)
		line_word(line, ", ...");
	line_word(line, "]");
}

static void put_signals(struct line *line, uint64_t set)
{
	const char *blank = "";
	unsigned int sig;

	if (__builtin_popcountll(set) >= SIGNALS * 2 / 3) {
		line_word(line, "~");
		set = ~set;
	}
	line_word(line, "[");
	for (sig = 1; sig <= SIGNALS; sig++) {
		struct line name = { 0 };
		char text[32];

		if (!(set >> (sig - 1) & 1))
			continue;
		name.text = text;
		name.room = sizeof(text);
		decode_signal(&name, sig);
		line_word(line, blank);
		line_add(line, text + 3, name.len - 3);
		blank = " ";
	}
	line_word(line, "]");
}

/* The kernel's, which is not the C library's. */
struct kernel_sigaction {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};

#ifndef SA_RESTORER
#define SA_RESTORER	0x04000000
#endif

static void put_sigaction(struct line *line, const uint8_t *data)
{
	static const struct name handlers[] = { { 0, "SIG_DFL" }, { 1, "SIG_IGN" } };
	static const struct name bits[] = {
		{ SA_RESTORER, "SA_RESTORER" }, { SA_ONSTACK, "SA_ONSTACK" },
		{ SA_RESTART, "SA_RESTART" },
		{ SA_NODEFER, "SA_NODEFER" }, { SA_RESETHAND, "SA_RESETHAND" },
		{ SA_SIGINFO, "SA_SIGINFO" },
		{ SA_NOCLDSTOP, "SA_NOCLDSTOP" }, { SA_NOCLDWAIT, "SA_NOCLDWAIT" },
	};
	struct kernel_sigaction action;
	const char *bar = "";
	uint64_t flags;
	size_t i;

	memcpy(&action, data, sizeof(action));
	line_word(line, "{sa_handler=");
	if (action.handler < 2)
		line_word(line, handlers[action.handler].name);
	else
		line_hex(line, action.handler);
	line_word(line, ", sa_mask=");
	put_signals(line, action.mask);
	line_word(line, ", sa_flags=");
	flags = action.flags;
	for (i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		if (!(flags & bits[i].value))
			continue;
		line_print(line, "%s%s", bar, bits[i].name);
		flags &= ~bits[i].value;
		bar = "|";
	}
	if (flags) {
		line_word(line, bar);
		line_hex(line, flags);
	} else if (!*bar) {
		line_word(line, "0");
	}
	if (action.flags & SA_RESTORER) {
		line_word(line, ", sa_restorer=");
		decode_address(line, action.restorer);
	}
	line_word(line, "}");
}

static const struct name poll_bits[] = {
	{ POLLIN, "POLLIN" }, { POLLPRI, "POLLPRI" }, { POLLOUT, "POLLOUT" },
	{ POLLRDNORM, "POLLRDNORM" },
	{ POLLWRNORM, "POLLWRNORM" }, { POLLRDBAND, "POLLRDBAND" }, { POLLWRBAND, "POLLWRBAND" },
	{ POLLERR, "POLLERR" }, { POLLHUP, "POLLHUP" }, { POLLNVAL, "POLLNVAL" },
	{ POLLRDHUP, "POLLRDHUP" },
};

static void put_poll_bits(struct line *line, unsigned int bits)
{
	const char *bar = "";
	size_t i;

	for (i = 0; i < sizeof(poll_bits) / sizeof(*poll_bits); i++)
		if (bits & poll_bits[i].value) {
			line_print(line, "%s%s", bar, poll_bits[i].name);
			bar = "|";
		}
	if (!*bar)
		line_word(line, "0");
}

/* What is waited for, or with results what came. */
static void put_polled(struct line *line, const struct ringside_capture *capture, uint64_t nr,
		       bool results)
{
	struct pollfd poll;
	uint64_t i, has = capture->length / sizeof(poll);
	const char *comma = "[";

	for (i = 0; i < nr && i < has; i++) {
		memcpy(&poll, capture->data + i * sizeof(poll), sizeof(poll));
		if (results && !poll.revents)
			continue;
		line_print(line, "%s{fd=%d, %s=", comma, poll.fd, results ? "revents" : "events");
		put_poll_bits(line, (uint16_t)(results ? poll.revents : poll.events));
		line_word(line, "}");
		comma = ", ";
	}
	if (i < nr)
		line_print(line, "%s...", comma);
	else if (!results && !nr)
		line_word(line, "[");
	line_word(line, "]");
}

static void put_status(struct line *line, int status)
{
	line_word(line, "[{");
	if (WIFEXITED(status)) {
		line_print(line, "WIFEXITED(s) && WEXITSTATUS(s) == %d", WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		line_word(line, "WIFSIGNALED(s) && WTERMSIG(s) == ");
		decode_signal(line, WTERMSIG(status));
		if (WCOREDUMP(status))
			line_word(line, " && WCOREDUMP(s)");
	} else if (WIFSTOPPED(status)) {
		line_word(line, "WIFSTOPPED(s) && WSTOPSIG(s) == ");
		decode_signal(line, WSTOPSIG(status));
	} else if (WIFCONTINUED(status)) {
		line_word(line, "WIFCONTINUED(s)");
	} else {
		line_hex(line, status);
	}
	line_word(line, "}]");
}

static bool put_sockaddr(struct line *line, const uint8_t *data, size_t len)
{
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} to = { 0 };
	char text[INET6_ADDRSTRLEN];
	size_t name;

	memcpy(&to, data, len < sizeof(to) ? len : sizeof(to));
	if (to.any.sa_family == AF_UNIX && len == sizeof(sa_family_t)) {
		line_word(line, "{sa_family=AF_UNIX");
	} else if (to.any.sa_family == AF_UNIX && len > sizeof(sa_family_t)) {
		name = len - offsetof(struct sockaddr_un, sun_path);
		if (name > sizeof(to.local.sun_path))
			name = sizeof(to.local.sun_path);
		line_word(line, "{sa_family=AF_UNIX, sun_path=");
		if (to.local.sun_path[0]) {
			line_quote(line, to.local.sun_path, strnlen(to.local.sun_path, name), false);
		} else {
			line_word(line, "@");
			line_quote(line, to.local.sun_path + 1, name - 1, false);
		}
	} else if (to.any.sa_family == AF_INET && len >= sizeof(to.in)) {
		inet_ntop(AF_INET, &to.in.sin_addr, text, sizeof(text));
		line_print(line, "{sa_family=AF_INET, sin_port=htons(%u), sin_addr=inet_addr(\"%s\")",
			   ntohs(to.in.sin_port), text);
	} else if (to.any.sa_family == AF_INET6 && len >= sizeof(to.in6)) {
		inet_ntop(AF_INET6, &to.in6.sin6_addr, text, sizeof(text));
		line_print(line, "{sa_family=AF_INET6, sin6_port=htons(%u), sin6_flowinfo=htonl(%u), "
			   "inet_pton(AF_INET6, \"%s\", &sin6_addr), sin6_scope_id=%u",
			   ntohs(to.in6.sin6_port), ntohl(to.in6.sin6_flowinfo), text,
			   to.in6.sin6_scope_id);
	} else if (len >= sizeof(sa_family_t)) {
		line_word(line, "{sa_family=");
		decode_flags(line, A_FAMILY, to.any.sa_family);
		line_word(line, ", sa_data=");
		line_quote(line, data + sizeof(sa_family_t), len - sizeof(sa_family_t), false);
	} else {
		return false;
	}
	line_word(line, "}");
	return true;
}

static void put_limit(struct line *line, uint64_t limit)
{
	if (limit == RLIM_INFINITY)
		line_word(line, "RLIM64_INFINITY");
	else if (limit > 1024 && !(limit % 1024))
		line_print(line, "%llu*1024", (unsigned long long)(limit / 1024));
	else
		line_unsigned(line, limit);
}

static void put_structure(struct line *line, unsigned int kind, const uint8_t *data)
{
	const struct structure *structure = &structs[kind - A_STRUCTS];
	const struct member *member;
	const char *comma = "{";

	for (member = structure->members; member->name; member++) {
		const uint8_t *at = data + member->offset;
		uint64_t value = number_at(at, member->size);

		line_print(line, "%s%s=", comma, member->name);
		comma = ", ";
		if (!member->size)
			put_structure(line, member->arg, at);
		else if (member->arg >= A_FLAGS && member->arg < A_LAST)
			decode_flags(line, member->arg, value);
		else if (member->arg == A_FILETYPE || member->arg == A_OCTAL)
			decode_mode(line, value, member->arg == A_FILETYPE);
		else if (member->arg == A_SIGNAL)
			decode_signal(line, value);
		else if (member->arg == A_LIMIT)
			put_limit(line, value);
		else if (member->arg == A_LONG)
			line_signed(line, value);
		else if (member->arg == A_HEX && value)
			line_hex(line, value);
		else if (member->arg == A_ADDR)
			decode_address(line, value);
		else
			line_unsigned(line, value);
	}
	line_word(line, structure->more ? ", ...}" : "}");
}

/* How many bytes of a structure its members take. */
static size_t structure_size(unsigned int kind)
{
	const struct member *member = structs[kind - A_STRUCTS].members;
	size_t size = 0;

	for (; member->name; member++) {
		size_t end = member->offset + (member->size ?: structure_size(member->arg));

		if (end > size)
			size = end;
	}
	return size;
}

/* Where the bytes are; not which they are. */
static void put_iovec(struct line *line, const struct ringside_capture *capture, uint64_t nr)
{
	uint64_t pair[2], i, has = capture->length / sizeof(pair);
	const char *comma = "[";

	for (i = 0; i < nr && i < has; i++) {
		memcpy(pair, capture->data + i * sizeof(pair), sizeof(pair));
		line_print(line, "%s{iov_base=", comma);
		decode_address(line, pair[0]);
		line_print(line, ", iov_len=%llu}", (unsigned long long)pair[1]);
		comma = ", ";
	}
	if (i < nr)
		line_print(line, "%s...", comma);
	else if (!nr)
		line_word(line, comma);
	line_word(line, "]");
}

/* What is there now of a buffer that has so many bytes. */
static void put_bytes(struct line *line, const struct decoding *how,
		      const struct ringside_capture *capture, uint64_t bytes)
{
	size_t shown = capture->length;

	if (shown > bytes)
		shown = bytes;
	if (shown > how->strings)
		shown = how->strings;
	line_quote(line, capture->data, shown, shown < bytes);
}

/* A string, or a buffer, as far as it could be read. */
static bool put_string(struct line *line, const struct decoding *how,
		       const struct ringside_event_call *call,
		       const struct ringside_capture *capture, unsigned int kind, unsigned int i)
{
	size_t len = capture->length;

	switch (kind) {
	case A_INPUT:
		put_bytes(line, how, capture, call->arg[i + 1]);
		return true;
	case A_OUTPUT:
		if (call->result < 0)
			return false;
		put_bytes(line, how, capture, call->result);
		return true;
	case A_OUTSTRING:
		if (call->result <= 0)
			return false;
		/* Up to its NUL. */
		line_quote(line, capture->data, strnlen((const char *)capture->data, len),
			   capture->flags & RINGSIDE_CAPTURE_CUT);
		return true;
	case A_STRING:
		line_quote(line, capture->data, len < how->strings ? len : how->strings,
			   len > how->strings || capture->flags & RINGSIDE_CAPTURE_CUT);
		return true;
	default:
		line_quote(line, capture->data, len, capture->flags & RINGSIDE_CAPTURE_CUT);
		return true;
	}
}

static bool put_data(struct line *line, const struct decoding *how,
		     const struct ringside_event_call *call,
		     const struct ringside_capture *capture, unsigned int kind, unsigned int i)
{
	size_t len = capture->length;

	switch (kind) {
	case A_FDPAIR:
		if (len < 8)
			return false;
		line_word(line, "[");
		decode_fd(line, how, call, number_at(capture->data, 4));
		line_word(line, ", ");
		decode_fd(line, how, call, number_at(capture->data + 4, 4));
		line_word(line, "]");
		return true;
	case A_STATUS:
		if (len < 4 || call->result <= 0)
			return false;
		put_status(line, number_at(capture->data, 4));
		return true;
	case A_SOCKADDR:
		return put_sockaddr(line, capture->data, len);
	case A_OPTION:
		if (len == sizeof(int))
			line_print(line, "[%d]", (int)number_at(capture->data, sizeof(int)));
		else
			line_quote(line, capture->data, len, capture->flags & RINGSIDE_CAPTURE_CUT);
		return true;
	case A_IOVEC:
		put_iovec(line, capture, (uint32_t)call->arg[i + 1]);
		return true;
	case A_SIGSET:
		if (len < sizeof(uint64_t))
			return false;
		put_signals(line, number_at(capture->data, sizeof(uint64_t)));
		return true;
	case A_SIGACTION:
		if (len < sizeof(struct kernel_sigaction) || call->abi != RINGSIDE_ABI_NATIVE)
			return false;
		put_sigaction(line, capture->data);
		return true;
	case A_POLLFDS:
		put_polled(line, capture, (uint32_t)call->arg[i + 1], false);
		return true;
	}
	if (kind < A_STRUCTS || kind >= A_STRUCTS_LAST || call->abi != RINGSIDE_ABI_NATIVE ||
	    len < structure_size(kind))
		return false;
	put_structure(line, kind, capture->data);
	return true;
}

static bool is_string(unsigned int kind)
{
	return kind == A_PATH || kind == A_STRING || kind == A_INPUT || kind == A_OUTPUT ||
	       kind == A_OUTSTRING;
}

/* One that is followed, if it can be. */
static bool is_pointer(unsigned int kind)
{
	return is_string(kind) || kind >= A_STRUCTS || kind == A_WORDS || kind == A_FDPAIR ||
	       kind == A_STATUS;
}

bool decode_memory(struct line *line, const struct decoding *how,
		   const struct ringside_event_call *call, unsigned int kind, unsigned int i)
{
	const struct ringside_capture *capture = decode_capture(call, i, false);

	if (!is_pointer(kind))
		return false;
	if (kind == A_SOCKLEN) {
		capture = decode_capture(call, i - 1, true);
		if (!capture || capture->flags != RINGSIDE_CAPTURE_WRITTEN)
			return false;
		line_print(line, "[%u]", capture->length);
		return true;
	}
	/* What poll() says stands with its result. */
	if (!capture && kind != A_POLLFDS)
		capture = decode_capture(call, i, true);
	if (!capture)
		return false;
	if (capture->flags & RINGSIDE_CAPTURE_UNREADABLE && (kind != A_WORDS || !capture->length)) {
		decode_address(line, call->arg[i]);
		/* strace says no more of what the kernel couldn't read either. */
		if (call->result != -EFAULT)
			line_word(line, " /* unreadable */");
		return true;
	}
	if (kind == A_WORDS) {
		if (capture->kind != RINGSIDE_CAPTURE_TEXTS)
			return false;
		put_words(line, how, capture);
		return true;
	}
	return is_string(kind) ? put_string(line, how, call, capture, kind, i) :
				 put_data(line, how, call, capture, kind, i);
}

void decode_memory_result(struct line *line, const struct ringside_event_call *call,
			  const uint8_t *kinds)
{
	const struct ringside_capture *capture = decode_capture(call, 0, true);

	if (kinds[0] != A_POLLFDS || !capture || capture->flags & RINGSIDE_CAPTURE_UNREADABLE)
		return;
	line_word(line, " (");
	put_polled(line, capture, (uint32_t)call->arg[1], true);
	line_word(line, ")");
}
