// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of what calls on files take
 */
#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include <linux/memfd.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "decode_tables.h"

#define N(name)	{ (unsigned int)(name), #name }
#define SET(set)	[(set) - A_FLAGS]

/* The C library's is 0 where every file is large. */
#undef O_LARGEFILE
#define O_LARGEFILE	0100000
#undef O_SYNC
#define O_SYNC		04010000
#undef O_TMPFILE
#define O_TMPFILE	020200000

/* Those of several bits stand before what they contain. */
static const struct name open_modes[] = {
	N(O_RDONLY), N(O_WRONLY), N(O_RDWR), N(O_ACCMODE), { }
};
static const struct name open_bits[] = {
	N(O_CREAT), N(O_EXCL), N(O_NOCTTY), N(O_TRUNC), N(O_APPEND), N(O_NONBLOCK), N(O_SYNC),
	N(O_DSYNC), N(O_ASYNC), N(O_DIRECT), N(O_LARGEFILE), N(O_NOFOLLOW), N(O_NOATIME),
	N(O_CLOEXEC), N(O_PATH), N(O_TMPFILE), N(O_DIRECTORY), { }
};
static const struct name at_stat[] = {
	N(AT_SYMLINK_NOFOLLOW), N(AT_SYMLINK_FOLLOW), N(AT_NO_AUTOMOUNT), N(AT_EMPTY_PATH),
	N(AT_STATX_FORCE_SYNC), N(AT_STATX_DONT_SYNC), N(AT_RECURSIVE), { }
};
static const struct name at_unlink[] = { N(AT_REMOVEDIR), { } };
static const struct name at_access[] = {
	N(AT_SYMLINK_NOFOLLOW), N(AT_EACCESS), N(AT_SYMLINK_FOLLOW), N(AT_EMPTY_PATH), { }
};
static const struct name access_bits[] = { N(R_OK), N(W_OK), N(X_OK), { } };
static const struct name access_none[] = { N(F_OK), { } };
static const struct name whences[] = {
	N(SEEK_SET), N(SEEK_CUR), N(SEEK_END), N(SEEK_DATA), N(SEEK_HOLE), { }
};
static const struct name fcntls[] = {
	N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL), { 5, "F_GETLK" },
	{ 6, "F_SETLK" }, { 7, "F_SETLKW" }, N(F_SETOWN), N(F_GETOWN), N(F_SETSIG), N(F_GETSIG),
	{ 12, "F_GETLK64" }, { 13, "F_SETLK64" }, { 14, "F_SETLKW64" }, N(F_SETOWN_EX),
	N(F_GETOWN_EX), N(F_OFD_GETLK), N(F_OFD_SETLK), N(F_OFD_SETLKW), N(F_SETLEASE),
	N(F_GETLEASE), N(F_NOTIFY), N(F_DUPFD_CLOEXEC), N(F_SETPIPE_SZ), N(F_GETPIPE_SZ),
	N(F_ADD_SEALS), N(F_GET_SEALS), N(F_GET_RW_HINT), N(F_SET_RW_HINT), N(F_GET_FILE_RW_HINT),
	N(F_SET_FILE_RW_HINT), { }
};
static const struct name fd_flags[] = { N(FD_CLOEXEC), { } };
static const struct name flocks[] = { N(LOCK_SH), N(LOCK_EX), N(LOCK_NB), N(LOCK_UN), { } };
static const struct name fallocates[] = {
	N(FALLOC_FL_KEEP_SIZE), N(FALLOC_FL_PUNCH_HOLE), N(FALLOC_FL_COLLAPSE_RANGE),
	N(FALLOC_FL_ZERO_RANGE), N(FALLOC_FL_INSERT_RANGE), N(FALLOC_FL_UNSHARE_RANGE), { }
};
static const struct name fadvises[] = {
	N(POSIX_FADV_NORMAL), N(POSIX_FADV_RANDOM), N(POSIX_FADV_SEQUENTIAL),
	N(POSIX_FADV_WILLNEED), N(POSIX_FADV_DONTNEED), N(POSIX_FADV_NOREUSE), { }
};
static const struct name renames[] = {
	N(RENAME_NOREPLACE), N(RENAME_EXCHANGE), N(RENAME_WHITEOUT), { }
};
static const struct name mounts[] = {
	N(MS_RDONLY), N(MS_NOSUID), N(MS_NODEV), N(MS_NOEXEC), N(MS_SYNCHRONOUS), N(MS_REMOUNT),
	N(MS_MANDLOCK), N(MS_DIRSYNC), N(MS_NOATIME), N(MS_NODIRATIME), N(MS_BIND), N(MS_MOVE),
	N(MS_REC), N(MS_SILENT), N(MS_POSIXACL), N(MS_UNBINDABLE), N(MS_PRIVATE), N(MS_SLAVE),
	N(MS_SHARED), N(MS_RELATIME), N(MS_STRICTATIME), N(MS_LAZYTIME), { }
};
static const struct name umounts[] = {
	{ 1, "MNT_FORCE" }, { 2, "MNT_DETACH" }, { 4, "MNT_EXPIRE" }, { 8, "UMOUNT_NOFOLLOW" }, { }
};
static const struct name at_syncs[] = {
	N(AT_STATX_SYNC_AS_STAT), N(AT_STATX_FORCE_SYNC), N(AT_STATX_DONT_SYNC), { }
};
static const struct name statxs[] = {
	N(STATX_ALL), N(STATX_BASIC_STATS), N(STATX_TYPE), N(STATX_MODE), N(STATX_NLINK),
	N(STATX_UID), N(STATX_GID), N(STATX_ATIME), N(STATX_MTIME), N(STATX_CTIME), N(STATX_INO),
	N(STATX_SIZE), N(STATX_BLOCKS), N(STATX_BTIME), N(STATX_MNT_ID), { }
};
static const struct name splices[] = {
	N(SPLICE_F_MOVE), N(SPLICE_F_NONBLOCK), N(SPLICE_F_MORE), N(SPLICE_F_GIFT), { }
};
static const struct name inotifies[] = {
	N(IN_ACCESS), N(IN_MODIFY), N(IN_ATTRIB), N(IN_CLOSE_WRITE), N(IN_CLOSE_NOWRITE),
	N(IN_OPEN), N(IN_MOVED_FROM), N(IN_MOVED_TO), N(IN_CREATE), N(IN_DELETE), N(IN_DELETE_SELF),
	N(IN_MOVE_SELF), N(IN_ONLYDIR), N(IN_DONT_FOLLOW), N(IN_EXCL_UNLINK), N(IN_MASK_CREATE),
	N(IN_MASK_ADD), N(IN_ISDIR), N(IN_ONESHOT), { }
};
static const struct name xattrs[] = { N(XATTR_CREATE), N(XATTR_REPLACE), { } };
static const struct name memfds[] = {
	N(MFD_CLOEXEC), N(MFD_ALLOW_SEALING), N(MFD_HUGETLB), { 8, "MFD_NOEXEC_SEAL" },
	{ 16, "MFD_EXEC" }, { }
};
static const struct name ioctls[] = {
	N(TCGETS), N(TCSETS), N(TCSETSW), N(TCSETSF), N(TCGETA), N(TCSETA), N(TCSBRK), N(TCXONC),
	N(TCFLSH), N(TIOCEXCL), N(TIOCNXCL), N(TIOCSCTTY), N(TIOCGPGRP), N(TIOCSPGRP), N(TIOCOUTQ),
	N(TIOCSTI), N(TIOCGWINSZ), N(TIOCSWINSZ), N(TIOCMGET), N(FIONREAD), N(FIONBIO),
	N(TIOCNOTTY), N(TIOCSETD), N(TIOCGETD), N(TCSBRKP), N(TIOCGSID), N(TIOCGPTN), N(TIOCSPTLCK),
	N(TIOCGPTPEER), N(FIONCLEX), N(FIOCLEX), N(FIOASYNC), N(FICLONE), N(FICLONERANGE),
	N(FIDEDUPERANGE), N(FS_IOC_GETFLAGS), N(FS_IOC_SETFLAGS), N(FS_IOC_FIEMAP), N(FIFREEZE),
	N(FITHAW), N(FITRIM), N(BLKGETSIZE64), N(BLKGETSIZE), N(BLKSSZGET), N(BLKROGET),
	N(BLKFLSBUF), N(BLKRRPART), N(BLKDISCARD), { 0x8912, "SIOCGIFCONF" },
	{ 0x8913, "SIOCGIFFLAGS" }, { 0x8915, "SIOCGIFADDR" }, { 0x8910, "SIOCGIFNAME" },
	{ 0x8921, "SIOCGIFMTU" }, { 0x8927, "SIOCGIFHWADDR" }, { 0x8933, "SIOCGIFINDEX" }, { }
};
static const struct name eventfds[] = {
	N(EFD_SEMAPHORE), N(EFD_CLOEXEC), N(EFD_NONBLOCK), { }
};
static const struct name timerfds[] = { N(TFD_CLOEXEC), N(TFD_NONBLOCK), { } };
static const struct name pipes[] = {
	N(O_CLOEXEC), N(O_NONBLOCK), N(O_DIRECT), { }
};
static const struct name epoll_flags[] = { { 02000000, "EPOLL_CLOEXEC" }, { } };
static const struct name lock_types[] = {
	N(F_RDLCK), N(F_WRLCK), N(F_UNLCK), { }
};

const struct flag_set file_flags[A_LAST - A_FLAGS] = {
	SET(A_OPEN) = { "O_???", O_ACCMODE, open_modes, open_bits },
	SET(A_AT_STAT) = { "AT_???", 0, NULL, at_stat },
	SET(A_AT_STATX) = { "AT_???", AT_STATX_SYNC_TYPE, at_syncs, at_stat },
	SET(A_AT_UNLINK) = { "AT_???", 0, NULL, at_unlink },
	SET(A_AT_LINK) = { "AT_???", 0, NULL, at_stat },
	SET(A_AT_ACCESS) = { "AT_???", 0, NULL, at_access },
	SET(A_ACCESS) = { "?_OK", 0, access_none, access_bits },
	SET(A_WHENCE) = { "SEEK_???", ~0ULL, whences, NULL },
	SET(A_FCNTL) = { "F_???", ~0ULL, fcntls, NULL },
	SET(A_FDFLAGS) = { "FD_???", 0, NULL, fd_flags },
	SET(A_LOCKTYPE) = { "F_???", ~0ULL, lock_types, NULL },
	SET(A_FLOCK) = { "LOCK_???", 0, NULL, flocks },
	SET(A_FALLOCATE) = { "FALLOC_FL_???", 0, NULL, fallocates },
	SET(A_FADVISE) = { "POSIX_FADV_???", ~0ULL, fadvises, NULL },
	SET(A_RENAME) = { "RENAME_??", 0, NULL, renames },
	SET(A_MOUNT) = { "MS_???", 0, NULL, mounts },
	SET(A_UMOUNT) = { "MNT_???", 0, NULL, umounts },
	SET(A_STATX) = { "STATX_???", 0, NULL, statxs },
	SET(A_SPLICE) = { "SPLICE_F_???", 0, NULL, splices },
	SET(A_INOTIFY) = { "IN_???", 0, NULL, inotifies },
	SET(A_XATTR) = { "XATTR_???", 0, NULL, xattrs },
	SET(A_MEMFD) = { "MFD_???", 0, NULL, memfds },
	SET(A_IOCTL) = { NULL, ~0ULL, ioctls, NULL },
	SET(A_EVENTFD) = { "EFD_???", 0, NULL, eventfds },
	SET(A_TIMERFD) = { "TFD_???", 0, NULL, timerfds },
	SET(A_PIPE) = { "O_???", 0, NULL, pipes },
	SET(A_EPOLLFLAGS) = { "EPOLL_???", 0, NULL, epoll_flags },
};
