// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside doctor: why something would not build, load or work here
 *
 * One function a check. Each looks with its own eyes: nothing here may depend
 * on the module, which is what is missing when a doctor is called.
 */
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/ringside.h>

#include "commands.h"
#include "say.h"
#include "view.h"

#define KERNEL_MAJOR	5
#define KERNEL_MINOR	10

#ifndef CAP_PERFMON
#define CAP_PERFMON	38
#endif

enum state { OK, PROBLEM, UNKNOWN };

static const char *const states[] = { "ok", "problem", "unknown" };

enum { CHECK = 1, STATE, DETAIL, ADVICE, NR_VALUES };

static const struct column columns[] = {
	{ "CHECK", "what was looked at", .attr = { CHECK }, .kind = KIND_TEXT },
	{ "STATE", "ok, problem or unknown", .attr = { STATE }, .kind = KIND_TEXT },
	{ "DETAIL", "what was found", .attr = { DETAIL }, .kind = KIND_TEXT },
	{ "ADVICE", "what to do about it", .attr = { ADVICE }, .kind = KIND_TEXT },
};

static const struct noun noun = {
	.name = "doctor",
	.about = "Why ringside would not build, load or work here, and what to do about it.",
	.width = NR_VALUES,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.defaults = "CHECK,STATE,DETAIL,ADVICE",
};

/* What the checks know and find. */
struct patient {
	struct rows rows;
	struct utsname uts;
	const char *check;		/* the one at work */
	char module[1024];		/* the module's file, "" when there is none */
	bool loaded;
};

/* A finding about the check at work; advice goes with what is not well. */
__attribute__((format(printf, 4, 5)))
static void found(struct patient *patient, enum state state, const char *advice,
		  const char *fmt, ...)
{
	union value *row = rows_add(&patient->rows);
	char detail[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	row[CHECK].text = patient->check;
	row[STATE].text = states[state];
	row[DETAIL].text = rows_text(&patient->rows, detail, strlen(detail));
	row[ADVICE].text = advice;
}

/* The first line of a file, or NULL. */
static char *read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	char *got = NULL;

	if (file) {
		got = fgets(line, size, file);
		fclose(file);
	}
	if (got)
		line[strcspn(line, "\n")] = '\0';
	return got;
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH") ?: "/usr/sbin:/usr/bin:/sbin:/bin";
	char file[512];

	for (;;) {
		int len = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", len, path, program);
		if (!access(file, X_OK))
			return true;
		if (!path[len])
			return false;
		path += len + 1;
	}
}

static void check_kernel(struct patient *patient)
{
	char *end;
	unsigned long major = strtoul(patient->uts.release, &end, 10);
	unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

	if (major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR))
		found(patient, OK, NULL, "Linux %s is new enough.", patient->uts.release);
	else
		found(patient, PROBLEM, "Boot a newer kernel.", "Linux %s is older than %d.%d.",
		      patient->uts.release, KERNEL_MAJOR, KERNEL_MINOR);
}

static void check_machine(struct patient *patient)
{
	if (!strcmp(patient->uts.machine, "x86_64"))
		found(patient, OK, NULL, "The machine is amd64.");
	else
		found(patient, PROBLEM, "Use an amd64 machine.",
		      "The machine is %s; ringside is made for amd64.", patient->uts.machine);
}

static void check_modules(struct patient *patient)
{
	char line[16];

	if (access("/proc/modules", F_OK))
		found(patient, PROBLEM, "Boot a kernel with CONFIG_MODULES, as a distribution's is.",
		      "This kernel takes no modules at all.");
	else if (read_line("/proc/sys/kernel/modules_disabled", line, sizeof(line)) &&
		 strcmp(line, "0"))
		found(patient, PROBLEM, "Reboot, and keep kernel.modules_disabled at 0.",
		      "Loading modules was switched off until the next boot.");
	else
		found(patient, OK, NULL, "Modules can be loaded.");
}

/* Whether that line is in the kernel's configuration; -1: not to be read. */
static int in_config(const struct patient *patient, const char *option)
{
	static const char *const places[] = { "/boot/config-%s", "/lib/modules/%s/config" };
	char path[256], line[256], wanted[64];
	FILE *file = NULL;
	int yes = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places) && !file; i++) {
		snprintf(path, sizeof(path), i ? places[1] : places[0], patient->uts.release);
		file = fopen(path, "re");
	}
	if (!file)
		return -1;
	snprintf(wanted, sizeof(wanted), "%s=y\n", option);
	while (!yes && fgets(line, sizeof(line), file))
		yes = !strcmp(line, wanted);
	fclose(file);
	return yes;
}

static void check_config(struct patient *patient)
{
	static const struct need {
		const char *option;
		const char *sign;	/* a file that is only there with it */
		const char *what;
	} needs[] = {
		{ "CONFIG_KPROBES", NULL, "slabs" },
		{ "CONFIG_KALLSYMS_ALL", NULL, "slabs" },
		{ "CONFIG_DEBUG_INFO_BTF", "/sys/kernel/btf/vmlinux", "slabs" },
		{ "CONFIG_CGROUPS", "/proc/cgroups", "cgroups of tasks" },
	};
	size_t i, well = 0;

	for (i = 0; i < ARRAY_SIZE(needs); i++) {
		const struct need *need = &needs[i];
		int has = in_config(patient, need->option);

		if (need->sign)
			has = !access(need->sign, F_OK);
		if (has > 0)
			well++;
		else if (!has)
			found(patient, PROBLEM, "Boot a kernel that has it.",
			      "The kernel was built without %s, which %s need.",
			      need->option, need->what);
		else if (!patient->loaded)	/* else it is seen at work below */
			found(patient, UNKNOWN, "See \"zgrep CONFIG_ /proc/config.gz\", if it is there.",
			      "Whether the kernel has %s, which %s need, can't be read.",
			      need->option, need->what);
	}
	if (well == ARRAY_SIZE(needs))
		found(patient, OK, NULL, "The kernel was built with all that is needed.");
}

/* What only building takes: no harm when the module is there already. */
static void needed_to_build(struct patient *patient, bool there, const char *what,
			    const char *advice)
{
	if (there)
		found(patient, OK, NULL, "%s: there.", what);
	else if (patient->module[0] || patient->loaded)
		found(patient, OK, NULL, "%s: absent, but the module is built already.", what);
	else
		found(patient, PROBLEM, advice, "%s: absent, and building takes it.", what);
}

static void check_build(struct patient *patient)
{
	char path[256];

	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", patient->uts.release);
	needed_to_build(patient, !access(path, R_OK), "Headers of this kernel",
			"Install linux-headers-$(uname -r).");
	needed_to_build(patient, in_path("gcc") || in_path("cc"), "A C compiler", "Install gcc.");
	needed_to_build(patient, in_path("make"), "make", "Install make.");
	needed_to_build(patient, in_path("dkms"), "dkms, to build anew for each kernel",
			"Install dkms.");
}

/* Where depmod has the module of this kernel, or "". */
static void find_module(struct patient *patient)
{
	char path[256], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", patient->uts.release);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		const char *name;

		line[strcspn(line, ":")] = '\0';
		name = strrchr(line, '/');
		if (strncmp(name ? name + 1 : line, "ringside.ko", strlen("ringside.ko")))
			continue;
		if (line[0] == '/')
			snprintf(patient->module, sizeof(patient->module), "%s", line);
		else
			snprintf(patient->module, sizeof(patient->module), "/lib/modules/%s/%s",
				 patient->uts.release, line);
		break;
	}
	fclose(file);
}

/*
 * Who signed the module that modprobe would load: asked of modinfo, which reads
 * compressed ones too. 1: signed, 0: not, -1: can't be told.
 */
static int find_signer(char *signer, size_t size)
{
	FILE *pipe = popen("PATH=$PATH:/usr/sbin:/sbin modinfo -F signer ringside 2>/dev/null", "re");
	bool got;

	if (!pipe)
		return -1;
	got = fgets(signer, size, pipe);
	if (pclose(pipe))
		return -1;
	if (!got)
		return 0;
	signer[strcspn(signer, "\n")] = '\0';
	return *signer != '\0';
}

/* Whether the kernel has a key of that name; -1: only root sees its keys. */
static int knows_key(const char *signer)
{
	FILE *file = fopen("/proc/keys", "re");
	char line[512];
	int seen = 0, yes = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (!strstr(line, " asymmetri "))
			continue;
		seen = 1;
		yes |= strstr(line, signer) != NULL;
	}
	if (file)
		fclose(file);
	return seen ? yes : -1;
}

static bool secure_boot(void)
{
	bool on = false;
	glob_t variable;
	FILE *file;

	if (glob("/sys/firmware/efi/efivars/SecureBoot-*", 0, NULL, &variable))
		return false;
	file = fopen(variable.gl_pathv[0], "re");
	if (file) {
		/* Four bytes of attributes, then the value. */
		unsigned char data[5] = "";

		on = fread(data, 1, sizeof(data), file) == sizeof(data) && data[4] == 1;
		fclose(file);
	}
	globfree(&variable);
	return on;
}

static void check_signature(struct patient *patient)
{
	static const char sign[] =
		"Have dkms build it again, which signs it, and enrol its key: mokutil --import "
		"/var/lib/dkms/mok.pub, then reboot. Or switch Secure Boot off.";
	static const char enrol[] =
		"If it is dkms's key: mokutil --import /var/lib/dkms/mok.pub, then reboot and confirm it. "
		"Or switch Secure Boot off.";
	const char *boot = secure_boot() ? "Secure Boot is on" : "Secure Boot is off";
	char line[64], signer[256];
	int is_signed, known;
	bool enforced;

	/* "none [integrity] confidentiality": the brackets are around what holds. */
	enforced = read_line("/sys/kernel/security/lockdown", line, sizeof(line)) &&
		   !strstr(line, "[none]");
	if (read_line("/sys/module/module/parameters/sig_enforce", line, sizeof(line)))
		enforced |= line[0] == 'Y';

	if (!enforced) {
		found(patient, OK, NULL, "%s; modules need no signature.", boot);
		return;
	}
	if (!patient->module[0]) {
		found(patient, UNKNOWN, sign,
		      "%s, modules need a signature, and there is none to look at yet.", boot);
		return;
	}
	is_signed = find_signer(signer, sizeof(signer));
	known = is_signed > 0 ? knows_key(signer) : 0;
	if (is_signed < 0)
		found(patient, UNKNOWN, "See \"modinfo ringside\".",
		      "%s, modules need a signature; whether ringside has one can't be read.", boot);
	else if (!is_signed)
		found(patient, PROBLEM, sign, "%s, modules need a signature, and ringside has none.",
		      boot);
	else if (known > 0)
		found(patient, OK, NULL, "%s; modules need a signature; ringside is signed by %s, "
		      "whose key this kernel knows.", boot, signer);
	else if (patient->loaded)
		found(patient, OK, NULL, "%s; modules need a signature; ringside is signed by %s, "
		      "and was taken.", boot, signer);
	else if (!known)
		found(patient, PROBLEM, enrol, "%s, modules need a signature; ringside is signed by %s, "
		      "whose key this kernel does not know.", boot, signer);
	else
		found(patient, UNKNOWN, "Ask again as root.", "%s, modules need a signature; ringside is "
		      "signed by %s; which keys this kernel knows only root sees.", boot, signer);
}

static void check_installed(struct patient *patient)
{
	if (patient->module[0])
		found(patient, OK, NULL, "The module is installed: %s.", patient->module);
	else if (patient->loaded)
		found(patient, OK, NULL, "The module is not installed, but loaded by hand.");
	else
		found(patient, PROBLEM, "dkms install ringside/" RINGSIDE_VERSION
		      ", or \"make install\" in the source.",
		      "The module is not installed for Linux %s.", patient->uts.release);
}

static void check_loaded(struct patient *patient)
{
	char version[64];

	if (!patient->loaded)
		found(patient, PROBLEM, "modprobe ringside", "The module is not loaded.");
	else if (!read_line("/sys/module/ringside/version", version, sizeof(version)))
		found(patient, UNKNOWN, "See \"modinfo ringside\".",
		      "The module is loaded, but its version can't be read.");
	else if (strcmp(version, RINGSIDE_VERSION))
		found(patient, PROBLEM, "rmmod ringside && modprobe ringside, or install both anew.",
		      "The module is version %s, this tool %s.", version, RINGSIDE_VERSION);
	else
		found(patient, OK, NULL, "The module is loaded, version %s.", version);
}

/* What the module itself says about each kind of data. */
static void check_providers(struct patient *patient)
{
	struct client *client;
	struct request req;
	struct rows rows;
	size_t i;

	if (!patient->loaded)
		return;
	client = client_open(true);
	if (!client) {
		found(patient, PROBLEM, "See what dmesg says about ringside.",
		      "The module is loaded, but netlink does not know it.");
		return;
	}
	rows_init(&rows, &status_noun);
	request_init(&req, status_noun.cmd);
	if (client_get(client, &req, &rows))
		found(patient, PROBLEM, "See what dmesg says about ringside.",
		      "The module does not tell its status.");
	for (i = 0; i < rows.nr; i++) {
		const union value *row = rows_get(&rows, i);
		const char *item = row[RINGSIDE_A_STATUS_ITEM].text ?: "";
		const char *state = row[RINGSIDE_A_STATUS_STATE].text ?: "";
		const char *detail = row[RINGSIDE_A_STATUS_DETAIL].text;

		if (!strcmp(state, "available"))
			found(patient, OK, NULL, "The kernel gives %s%s%s.", item,
			      detail ? ": " : "", detail ?: "");
		else if (!strcmp(state, "unavailable"))
			found(patient, PROBLEM, "Everything else works without it.",
			      "The kernel does not give %s: %s.", item,
			      detail ?: "it does not say why");
	}
	rows_clear(&rows);
	client_close(client);
}

static void check_rights(struct patient *patient)
{
	unsigned long long caps = 0;
	char line[256];
	FILE *file = fopen("/proc/self/status", "re");
	long group = -1;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "CapEff:", 7))
			caps = strtoull(line + 7, NULL, 16);
	if (file)
		fclose(file);
	if (read_line("/sys/module/ringside/parameters/group", line, sizeof(line)))
		group = strtol(line, NULL, 10);
	if (caps & (1ULL << CAP_PERFMON | 1ULL << CAP_SYS_ADMIN) ||
	    (group >= 0 && group_member(group)))
		found(patient, OK, NULL, "You may look at the whole system.");
	else
		found(patient, PROBLEM,
		      "Run it as root, or with CAP_PERFMON, or join the group that the module's "
		      "parameter \"group\" names.",
		      "You have neither CAP_PERFMON nor CAP_SYS_ADMIN: tasks shows only your own, "
		      "memory and slabs may be refused.");
}

static const struct check {
	const char *name;
	void (*look)(struct patient *patient);
} checks[] = {
	{ "kernel", check_kernel },
	{ "machine", check_machine },
	{ "modules", check_modules },
	{ "config", check_config },
	{ "build", check_build },
	{ "signature", check_signature },
	{ "installed", check_installed },
	{ "loaded", check_loaded },
	{ "data", check_providers },
	{ "rights", check_rights },
};

/* For a person: sentences that fit the terminal, whole lines into a pipe. */
static void print_findings(const struct rows *rows)
{
	struct winsize size;
	int edge = 1 << 30;
	size_t i;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col > 40)
		edge = size.ws_col;
	for (i = 0; i < rows->nr; i++) {
		const union value *row = rows_get(rows, i);
		int indent = printf("%-7s  %-9s  ", row[STATE].text, row[CHECK].text);

		print_wrapped(row[DETAIL].text ?: "", indent, edge);
		if (row[ADVICE].text) {
			printf("%*s-> ", indent, "");
			print_wrapped(row[ADVICE].text, indent + 3, edge);
		}
	}
}

int doctor_run(int argc, char **argv)
{
	struct patient patient = { 0 };
	struct view view = { .noun = &noun };
	int status = EXIT_OK;
	size_t i;

	if (view_parse(&view, argc, argv) < 0 || view_ready(&view))
		return view.status;
	rows_init(&patient.rows, &noun);
	uname(&patient.uts);
	find_module(&patient);
	patient.loaded = !access("/sys/module/ringside", F_OK);
	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		patient.check = checks[i].name;
		checks[i].look(&patient);
	}
	for (i = 0; i < patient.rows.nr; i++)
		if (!strcmp(rows_get(&patient.rows, i)[STATE].text, states[PROBLEM]))
			status = EXIT_FAILED;
	if (view.columns_arg || view.layout != LAYOUT_TABLE || view.nr_keys)
		view_print(&view, &patient.rows);
	else
		print_findings(&patient.rows);
	return status;
}
