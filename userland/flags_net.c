// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of what calls on sockets take
 */
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "decode_tables.h"

#define N(name)	{ (unsigned int)(name), #name }
#define SET(set)	[(set) - A_FLAGS]
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))

static const struct name families[] = {
	N(AF_UNSPEC), N(AF_UNIX), N(AF_INET), N(AF_AX25), N(AF_IPX), N(AF_APPLETALK), N(AF_NETROM),
	N(AF_BRIDGE), N(AF_ATMPVC), N(AF_X25), N(AF_INET6), N(AF_ROSE), N(AF_NETLINK), N(AF_PACKET),
	N(AF_RDS), N(AF_PPPOX), N(AF_LLC), N(AF_CAN), N(AF_TIPC), N(AF_BLUETOOTH), N(AF_IUCV),
	N(AF_RXRPC), N(AF_ALG), N(AF_NFC), N(AF_VSOCK), N(AF_KCM), N(AF_QIPCRTR), N(AF_SMC),
	N(AF_XDP), { }
};
static const struct name socket_types[] = {
	N(SOCK_STREAM), N(SOCK_DGRAM), N(SOCK_RAW), N(SOCK_RDM), N(SOCK_SEQPACKET), N(SOCK_DCCP),
	N(SOCK_PACKET), { }
};
static const struct name socket_bits[] = { N(SOCK_CLOEXEC), N(SOCK_NONBLOCK), { } };
static const struct name levels[] = {
	N(SOL_IP), N(SOL_SOCKET), N(SOL_TCP), { IPPROTO_UDP, "SOL_UDP" }, N(SOL_IPV6),
	N(SOL_ICMPV6), N(SOL_RAW), N(SOL_PACKET), N(SOL_NETLINK), N(SOL_ALG), { }
};
static const struct name messages[] = {
	N(MSG_OOB), N(MSG_PEEK), N(MSG_DONTROUTE), N(MSG_CTRUNC), N(MSG_PROXY), N(MSG_TRUNC),
	N(MSG_DONTWAIT), N(MSG_EOR), N(MSG_WAITALL), N(MSG_FIN), N(MSG_SYN), N(MSG_CONFIRM),
	N(MSG_RST), N(MSG_ERRQUEUE), N(MSG_NOSIGNAL), N(MSG_MORE), N(MSG_WAITFORONE), N(MSG_BATCH),
	N(MSG_ZEROCOPY), N(MSG_FASTOPEN), N(MSG_CMSG_CLOEXEC), { }
};
static const struct name shutdowns[] = { N(SHUT_RD), N(SHUT_WR), N(SHUT_RDWR), { } };
static const struct name epoll_bits[] = {
	N(EPOLLIN), N(EPOLLPRI), N(EPOLLOUT), N(EPOLLRDNORM), N(EPOLLRDBAND), N(EPOLLWRNORM),
	N(EPOLLWRBAND), N(EPOLLMSG), N(EPOLLERR), N(EPOLLHUP), N(EPOLLRDHUP), N(EPOLLEXCLUSIVE),
	N(EPOLLWAKEUP), N(EPOLLONESHOT), N(EPOLLET), { }
};
static const struct name epolls[] = { N(EPOLL_CTL_ADD), N(EPOLL_CTL_DEL), N(EPOLL_CTL_MOD), { } };

const struct flag_set net_flags[A_LAST - A_FLAGS] = {
	SET(A_FAMILY) = { "AF_???", ~0ULL, families, NULL },
	SET(A_SOCKET) = { "SOCK_???", 15, socket_types, socket_bits },
	SET(A_SOCKFLAGS) = { "SOCK_???", 0, NULL, socket_bits },
	SET(A_LEVEL) = { "SOL_???", ~0ULL, levels, NULL },
	SET(A_MSG) = { "MSG_???", 0, NULL, messages },
	SET(A_SHUTDOWN) = { "SHUT_???", ~0ULL, shutdowns, NULL },
	SET(A_EPOLLBITS) = { "EPOLL???", 0, NULL, epoll_bits },
	SET(A_EPOLL) = { "EPOLL_CTL_???", ~0ULL, epolls, NULL },
};

static const struct name inet_protocols[] = {
	N(IPPROTO_IP), N(IPPROTO_ICMP), N(IPPROTO_IGMP), N(IPPROTO_IPIP), N(IPPROTO_TCP),
	N(IPPROTO_EGP), N(IPPROTO_UDP), N(IPPROTO_IPV6), N(IPPROTO_GRE), N(IPPROTO_ESP),
	N(IPPROTO_AH), N(IPPROTO_ICMPV6), N(IPPROTO_SCTP), N(IPPROTO_UDPLITE), N(IPPROTO_RAW),
	N(IPPROTO_MPTCP), { }
};
static const struct name netlink_protocols[] = {
	N(NETLINK_ROUTE), N(NETLINK_USERSOCK), N(NETLINK_FIREWALL), N(NETLINK_SOCK_DIAG),
	N(NETLINK_NFLOG), N(NETLINK_XFRM), N(NETLINK_SELINUX), N(NETLINK_AUDIT),
	N(NETLINK_FIB_LOOKUP), N(NETLINK_CONNECTOR), N(NETLINK_NETFILTER),
	N(NETLINK_KOBJECT_UEVENT), N(NETLINK_GENERIC), N(NETLINK_CRYPTO), { }
};
static const struct name socket_options[] = {
	N(SO_DEBUG), N(SO_REUSEADDR), N(SO_TYPE), N(SO_ERROR), N(SO_DONTROUTE), N(SO_BROADCAST),
	N(SO_SNDBUF), N(SO_RCVBUF), N(SO_KEEPALIVE), N(SO_OOBINLINE), N(SO_PRIORITY), N(SO_LINGER),
	N(SO_REUSEPORT), N(SO_PASSCRED), N(SO_PEERCRED), N(SO_RCVLOWAT), N(SO_SNDLOWAT),
	{ 20, "SO_RCVTIMEO_OLD" }, { 21, "SO_SNDTIMEO_OLD" }, N(SO_BINDTODEVICE),
	N(SO_ATTACH_FILTER), { 29, "SO_TIMESTAMP_OLD" }, N(SO_ACCEPTCONN), N(SO_PEERSEC),
	N(SO_SNDBUFFORCE), N(SO_RCVBUFFORCE), N(SO_PASSSEC), N(SO_MARK), N(SO_PROTOCOL),
	N(SO_DOMAIN), N(SO_BUSY_POLL), N(SO_INCOMING_CPU), N(SO_ZEROCOPY), { }
};
static const struct name tcp_options[] = {
	N(TCP_NODELAY), N(TCP_MAXSEG), N(TCP_CORK), N(TCP_KEEPIDLE), N(TCP_KEEPINTVL),
	N(TCP_KEEPCNT), N(TCP_SYNCNT), N(TCP_LINGER2), N(TCP_DEFER_ACCEPT), N(TCP_WINDOW_CLAMP),
	N(TCP_INFO), N(TCP_QUICKACK), N(TCP_CONGESTION), N(TCP_USER_TIMEOUT), N(TCP_FASTOPEN),
	N(TCP_FASTOPEN_CONNECT), { }
};
static const struct name ip_options[] = {
	N(IP_TOS), N(IP_TTL), N(IP_HDRINCL), N(IP_OPTIONS), N(IP_RECVOPTS), N(IP_PKTINFO),
	N(IP_MTU_DISCOVER), N(IP_RECVERR), N(IP_RECVTTL), N(IP_MTU), N(IP_FREEBIND),
	N(IP_TRANSPARENT), N(IP_MULTICAST_IF), N(IP_MULTICAST_TTL), N(IP_MULTICAST_LOOP),
	N(IP_ADD_MEMBERSHIP), N(IP_DROP_MEMBERSHIP), N(IP_BIND_ADDRESS_NO_PORT), { }
};
static const struct name ipv6_options[] = {
	N(IPV6_UNICAST_HOPS), N(IPV6_MULTICAST_IF), N(IPV6_MULTICAST_HOPS), N(IPV6_MULTICAST_LOOP),
	N(IPV6_V6ONLY), N(IPV6_RECVPKTINFO), N(IPV6_RECVERR), N(IPV6_RECVHOPLIMIT), N(IPV6_TCLASS),
	N(IPV6_MTU_DISCOVER), { }
};

/* The names that belong to a number: protocols of families, options of levels. */
struct belonging {
	uint64_t to;
	const struct name *names;
};

static const struct belonging protocols[] = {
	{ AF_INET, inet_protocols }, { AF_INET6, inet_protocols },
	{ AF_NETLINK, netlink_protocols },
};

static const struct belonging options[] = {
	{ SOL_SOCKET, socket_options }, { SOL_TCP, tcp_options }, { SOL_IP, ip_options },
	{ SOL_IPV6, ipv6_options },
};

static const struct name *names_of(const struct belonging *table, size_t nr, uint64_t to)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (table[i].to == to)
			return table[i].names;
	return NULL;
}

const struct name *protocol_names(uint64_t family)
{
	return names_of(protocols, ARRAY_SIZE(protocols), family);
}

const struct name *sockopt_names(uint64_t level)
{
	return names_of(options, ARRAY_SIZE(options), level);
}
