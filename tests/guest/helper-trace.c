// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program whose calls are always the same, for what shows them; and what a
 * person's terminal does.
 *
 *   calls                 files, memory, signals, sockets, and what is wrong of each
 *   odd                   strings of bytes that are no characters
 *   family                children by fork, vfork and exec, and a thread
 *   nowhere               pointers to memory that is not there
 *   reads N FILE          so many reads of a byte, then as many calls without arguments
 *   turns N               so many reads of a byte and writes of it, by turns
 *   rare                  a call of which the tool knows nothing but what the kernel tells
 *   vdso N                so many calls that the vDSO answers, of two kinds
 *   who                   prints its effective user id
 *   interrupted PROGRAM   runs it with SIGINT as a shell in a terminal leaves it
 *   terminal COLUMNS PROGRAM   runs it in a terminal of that width; what it writes
 *                         there goes to standard output
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FOLDER	"/tmp/helper-trace"

static char buffer[4096];

static void files(void)
{
	struct statx stx;
	struct stat st;
	int fd;

	mkdir(FOLDER, 0700);
	mkdir(FOLDER, 0700);
	chdir(FOLDER);
	fd = open("relative", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	write(fd, "hello\n", 6);
	write(fd, "0123456789012345678901234567890123456789", 40);
	lseek(fd, 0, SEEK_SET);
	read(fd, buffer, 6);
	read(fd, buffer, sizeof(buffer));
	read(fd, buffer, sizeof(buffer));
	pread(fd, buffer, 3, 2);
	pwrite(fd, "xy", 2, 1);
	lseek(fd, -5, 9);
	fstat(fd, &st);
	ftruncate(fd, 10);
	fchmod(fd, 04750);
	fsync(fd);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_SETFD, 0);
	fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
	fcntl(fd, F_DUPFD_CLOEXEC, 10);
	fcntl(fd, F_GETLK, NULL);
	fcntl(fd, 999, 5);
	ioctl(fd, TCGETS, buffer);
	ioctl(fd, FIONREAD, NULL);
	dup2(fd, 20);
	dup3(fd, 21, O_CLOEXEC);
	close(20);
	close(fd);
	close(fd);
	open(FOLDER "/relative", O_RDONLY);
	open("/nosuch", O_WRONLY | O_EXCL);
	open("/nosuch", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_PATH);
	creat("/nosuch/file", 0600);
	stat("relative", &st);
	lstat("/nosuch", &st);
	statx(AT_FDCWD, "relative", 0, STATX_BASIC_STATS, &stx);
	statx(AT_FDCWD, "/nosuch", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &stx);
	(void)access("/etc", R_OK | X_OK);
	(void)access("/nosuch", F_OK);
	faccessat(AT_FDCWD, "relative", W_OK, 0);
	chmod("/nosuch", 01777);
	chown("/nosuch", -1, 5);
	link("relative", "other");
	symlink("target", "link");
	(void)readlink("link", buffer, sizeof(buffer));
	rename("other", "another");
	renameat(AT_FDCWD, "another", AT_FDCWD, "other");
	unlink("other");
	unlinkat(AT_FDCWD, "link", 0);
	unlinkat(AT_FDCWD, "nosuch", AT_REMOVEDIR);
	truncate("relative", 5);
	unlink("relative");
	umask(027);
	umask(022);
	getcwd(buffer, sizeof(buffer));
	chdir("/");
	rmdir(FOLDER);
	rmdir(FOLDER);
}

static void memory(void)
{
	char *at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(at, 4096, PROT_NONE);
	madvise(at, 8192, MADV_DONTNEED);
	msync(at, 4096, MS_SYNC);
	mremap(at, 8192, 4096, MREMAP_MAYMOVE);
	munmap(at, 4096);
	(void)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, -1, 4096);
	munmap((void *)1, 1);
	brk(NULL);
	mlockall(MCL_CURRENT | MCL_FUTURE);
	munlockall();
}

static void nothing(int signal)
{
}

static void tasks(void)
{
	struct timespec moment = { 0, 1000 };
	struct rlimit limit;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	signal(SIGUSR1, nothing);
	signal(SIGUSR2, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigprocmask(SIG_SETMASK, NULL, &set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	kill(1, 0);
	kill(-1, 99);
	getpriority(PRIO_PROCESS, 0);
	getrlimit(RLIMIT_NOFILE, &limit);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_PDEATHSIG, 0);
	sched_yield();
	getuid();
	geteuid();
	setuid(0);
	nanosleep(&moment, NULL);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
	wait4(-1, NULL, WNOHANG | WUNTRACED, NULL);
	syscall(SYS_futex, buffer, 129, 1, NULL, NULL, 0);
	syscall(SYS_futex, buffer, 128, 1, NULL, NULL, 0);
	unshare(CLONE_FILES);
	syscall(1000, 1, 2, 3, 4, 5, 6);
}

static void sockets(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(1),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(1), .sin6_addr = in6addr_loopback };
	struct sockaddr_un path = { .sun_family = AF_UNIX, .sun_path = "/nosuch" };
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET };
	struct pollfd polled;
	int fds[2], one = 1, fd;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	(void)connect(fd, (struct sockaddr *)&to, sizeof(to));
	close(fd);
	fd = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
	(void)connect(fd, (struct sockaddr *)&to6, sizeof(to6));
	close(fd);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	(void)connect(fd, (struct sockaddr *)&path, sizeof(path));
	close(fd);
	socket(99, 77, 66);
	socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
	send(fds[0], "to you", 6, MSG_NOSIGNAL);
	recv(fds[1], buffer, sizeof(buffer), MSG_PEEK);
	polled = (struct pollfd){ .fd = fds[1], .events = POLLIN | POLLOUT };
	poll(&polled, 1, 0);
	poll(NULL, 0, 1);
	shutdown(fds[0], SHUT_RDWR);
	listen(fds[0], 5);
	close(fds[0]);
	close(fds[1]);
	pipe2(fds, O_CLOEXEC);
	event.data.fd = fds[0];
	fd = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(fd, EPOLL_CTL_ADD, fds[0], &event);
	event.events = EPOLLOUT | EPOLLONESHOT;
	epoll_ctl(fd, EPOLL_CTL_MOD, fds[0], &event);
	epoll_ctl(fd, EPOLL_CTL_DEL, fds[0], NULL);
	close(fd);
	write(fds[1], "through", 7);
	read(fds[0], buffer, 100);
	close(fds[0]);
	close(fds[1]);
}

static void odd(void)
{
	static const char bytes[] = "\0\1\00134\n\t\v\f\r\"\\\033[31m\177\200\303\251\377" "9\377z";

	open("/nosuch\377\303\n\033[2J\"\\", O_RDONLY);
	open("", O_RDONLY);
	(void)access("/\342\202\254/\303(", R_OK);
	write(open("/dev/null", O_WRONLY), bytes, sizeof(bytes));
}

static void *thread(void *unused)
{
	getppid();
	return NULL;
}

static void family(char *self)
{
	char *args[] = { self, "who", "a b", "\"c\n", NULL };
	pthread_t id;
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		getpgrp();
		_exit(3);
	}
	waitpid(pid, &status, 0);
	pid = fork();
	if (!pid) {
		signal(SIGTERM, SIG_DFL);
		kill(getpid(), SIGTERM);
	}
	waitpid(pid, &status, 0);
	pid = vfork();
	if (!pid) {
		execv("/nosuch/program", args);
		execv(self, args);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	pthread_create(&id, NULL, thread, NULL);
	pthread_join(id, NULL);
}

/* Where nothing is, unknown to the compiler. */
static void *at(uintptr_t address)
{
	volatile uintptr_t secret = address;
	uintptr_t plain = secret;
	void *pointer;

	memcpy(&pointer, &plain, sizeof(pointer));
	return pointer;
}

static void nowhere(void)
{
	char *gone = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(gone, 'x', 8192);
	munmap(gone + 4096, 4096);
	open(at(8), O_RDONLY);
	open(at(0), O_RDONLY);
	open(gone + 4090, O_RDONLY);
	write(1, at(16), 5);
	read(open("/dev/zero", O_RDONLY), at(16), 5);
	stat(at(-4096), at(16));
	execve(at(8), at(16), at(24));
	(void)connect(0, at(32), 16);
	nanosleep(at(40), NULL);
	syscall(SYS_rt_sigaction, SIGUSR1, at(48), NULL, 8);
}

static void reads(long times, const char *path)
{
	int fd = open(path, O_RDONLY);
	long i;

	for (i = 0; i < times; i++)
		read(fd, buffer, 1);
	for (i = 0; i < times; i++)
		getppid();
}

static void turns(long times)
{
	int from = open("/dev/zero", O_RDONLY), to = open("/dev/null", O_WRONLY);

	while (times--) {
		read(from, buffer, 1);
		write(to, buffer, 1);
	}
}

static void vdso(long times)
{
	struct timeval tv;
	unsigned int cpu;

	while (times--) {
		time(NULL);
		getcpu(&cpu, NULL);
	}
	gettimeofday(&tv, NULL);
}

static int interrupted(char **argv)
{
	signal(SIGINT, SIG_DFL);
	execvp(argv[0], argv);
	return 127;
}

/* Its output, and its exit status. */
static int terminal(long columns, char **argv)
{
	struct winsize size = { .ws_row = 25, .ws_col = columns };
	int fd, status;
	ssize_t got;
	pid_t pid = forkpty(&fd, NULL, NULL, &size);

	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	/* It fails when nobody has the other side any more. */
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		fwrite(buffer, 1, got, stdout);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";

	if (!strcmp(way, "calls")) {
		files();
		memory();
		tasks();
		sockets();
	} else if (!strcmp(way, "odd")) {
		odd();
	} else if (!strcmp(way, "family")) {
		family(argv[0]);
	} else if (!strcmp(way, "nowhere")) {
		nowhere();
	} else if (!strcmp(way, "reads") && argc > 3) {
		reads(atol(argv[2]), argv[3]);
	} else if (!strcmp(way, "turns") && argc > 2) {
		turns(atol(argv[2]));
	} else if (!strcmp(way, "rare")) {
		syscall(SYS_sched_getattr, -1, NULL, 48, 0);
	} else if (!strcmp(way, "vdso") && argc > 2) {
		vdso(atol(argv[2]));
	} else if (!strcmp(way, "who")) {
		printf("%u\n", geteuid());
	} else if (!strcmp(way, "interrupted") && argc > 2) {
		return interrupted(argv + 2);
	} else if (!strcmp(way, "terminal") && argc > 3) {
		return terminal(atol(argv[2]), argv + 3);
	} else {
		fprintf(stderr, "what?\n");
		return 2;
	}
	return 0;
}
