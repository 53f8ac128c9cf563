# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tool and the module offer against what is written about it; run by tests/host/docs.

usage: docs.py RESULTS

RESULTS/other is a copy of the sources whose tool has an option and a column that nobody has described.
"""
import json
import os
import re
import subprocess
import sys

import yaml

from shell import Shell

SCREEN = (24, 80)
# Numbers, which nothing can complete.
FREE = {"SECONDS", "COUNT", "BYTES", "N"}
# The attribute sets of files, and those that begin with the columns of another file.
SETS = {"status": "status", "tasks": "task", "memory": "memory", "slabs": "slab", "files": "file", "watches": "watch", "syscalls": "syscall", "errors": "error", "latency": "latency"}
LIKE = {"errors": "syscalls", "latency": "syscalls"}
SYSFS = "/sys/kernel/ringside"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def differ(what, wanted, where, got):
    """Both ways, and the order when nothing else."""
    for item in wanted:
        if item not in got:
            yield f"{what}: {where} lacks {item}"
    for item in got:
        if item not in wanted:
            yield f"{what}: {where} has {item}, which there is not"
    if sorted(map(str, wanted)) == sorted(map(str, got)) and list(wanted) != list(got):
        yield f"{what}: {where} has another order: {got}"


def plain(text):
    """roff as words."""
    text = re.sub(r"\\f[BIR]", "", text).replace(r"\(dq", '"').replace(r"\(aq", "'")
    return text.replace(r"\-", "-").replace(r"\e", "\\").replace(r"\c", "")


def spelled(text):
    """An option as it is written: its letter, its name, its argument."""
    found = re.fullmatch(r"(?:(-\w), )?(--[a-z][a-z-]*)(?: (\S+))?", text)
    return found.groups() if found else None


class Page:
    """A manual page: sections, of which each may have subsections."""

    def __init__(self, text):
        self.parts = {}
        section = part = None
        for line in text.splitlines():
            head = re.match(r"\.(SH|SS) (.*)", line)
            if head:
                section = plain(head[2]) if head[1] == "SH" else section
                part = (section, plain(head[2]) if head[1] == "SS" else None)
                self.parts[part] = []
            elif part:
                self.parts[part].append(line)

    def subsections(self, section):
        return [sub for sec, sub in self.parts if sec == section and sub]

    def tags(self, section, sub=None):
        """What stands out in a list, as words."""
        lines = self.parts.get((section, sub), [])
        tags = [plain(re.sub(r"^\.(BR|BI|RB|IR|RI|B|I) ", "", tag)) for mark, tag in zip(lines, lines[1:]) if mark == ".TP"]
        return [tag if tag.startswith("-") else tag.replace(" ", "") for tag in tags]

    def options(self, section, sub=None):
        return [option for option in map(spelled, self.tags(section, sub)) if option]

    def table(self, section, sub):
        lines = self.parts.get((section, sub), [])
        return [tuple(plain(line).split("\t")) for line in lines if "\t" in line]

    def text(self, section, sub=None):
        return plain("\n".join(self.parts.get((section, sub), [])))


class Docs:
    """A tree of sources, its tool, and what is written about both."""

    def __init__(self, root, **changed):
        self.root, self.tool = root, f"{root}/build/ringside"
        self.one = Page(changed.get("one") or self.read("userland/ringside.1"))
        self.four = Page(changed.get("four") or self.read("userland/ringside.4"))
        self.abi = changed.get("abi") or self.read("module/sysfs-kernel-ringside")
        self.completion = changed.get("completion") or self.read("userland/ringside.bash-completion")
        self.spec = yaml.safe_load(self.read("module/ringside.yaml"))

    def read(self, path):
        return read(f"{self.root}/{path}")

    def run(self, *words):
        return subprocess.run([self.tool, *words], capture_output=True, text=True, check=False)

    def commands(self):
        return re.findall(r"^  ([a-z][a-z-]*)  ", self.run("help").stdout, re.M)

    def options(self, command):
        """Those of a command, by its help."""
        fields = [field for line in self.run(command, "--help").stdout.splitlines() for field in re.split("  +", line.removeprefix(" "))]
        return [option for option in map(spelled, fields) if option]

    def common(self):
        return self.choices("view.c")

    def choices(self, name):
        """The options in the tables of a source file."""
        found = re.findall(r"\{ (?:'(\w)'|LETTER_\w+), \"([a-z-]+)\", (?:\"([^\"]+)\"|NULL), ", self.read(f"userland/{name}"))
        return [(f"-{letter}" if letter else None, f"--{long}", argument or None) for letter, long, argument in found]

    def columns(self, command):
        if not any(long == "--list-columns" for _, long, _ in self.options(command)):
            return []
        return [(c["name"], c["meaning"]) for c in json.loads(self.run(command, "--list-columns", "--json").stdout)["columns"]]

    def providers(self):
        table = re.search(r"rs_providers\[\] = \{(.*?)\};", self.read("module/main.c"), re.S)[1]
        return re.findall(r"&rs_(\w+)", table)

    def said(self, provider, words):
        """Whether a provider's own file has these words."""
        path = f"module/{provider}.c"
        return os.path.exists(f"{self.root}/{path}") and words in self.read(path)

    def tables(self):
        """Providers with a file in /proc/ringside: who reads one can't tell what a request has to."""
        return [name for name in self.providers() if not self.said(name, ".needs = ")]

    def streams(self):
        """Files there that are no table."""
        return re.findall(r'"/proc/ringside/(\w+)"', self.read("module/uapi/linux/ringside_events.h"))

    def fields(self, provider):
        """The columns of a file: what an answer of its operation may hold."""
        op = next(op for op in self.spec["operations"]["list"] if op["name"] == f"{SETS[provider]}-get")
        return [name.replace("-", "_") for name in op["dump"]["reply"]["attributes"]]

    def switches(self):
        table = re.search(r"rs_switches\[\] = \{(.*?)\};", self.read("module/control.c"), re.S)[1]
        return re.findall(r'\{ "(\w+)"', table)

    def single(self):
        """Providers that have a file a field in sysfs."""
        return [name for name in self.providers() if self.said(name, ".single = true")]

    def parameters(self):
        return re.findall(r"^module_param(?:_cb)?\((\w+),", self.read("module/main.c"), re.M)


def check_commands(docs):
    """the table of commands, help and the manual page have the same ones"""
    table = re.search(r"commands\[\] = \{(.*?)\};", docs.read("userland/ringside.c"), re.S)[1]
    told = [name for name, text in re.findall(r'\{ "([a-z-]+)", \w+, (NULL|")', table) if text != "NULL"]
    yield from differ("commands", told, "help", docs.commands())
    declared = re.findall(r"^int (\w+)_run\(", docs.read("userland/commands.h"), re.M)
    yield from differ("commands", sorted(set(told) - {"help"}), "commands.h", sorted(declared))
    yield from differ("commands", sorted(told), "ringside(1)", sorted(docs.one.subsections("COMMANDS")))
    synopsis = re.findall(r"^\.B ringside ([a-z-]+)", docs.one.text("SYNOPSIS"), re.M)
    yield from differ("commands", sorted(told), "the synopsis of ringside(1)", sorted(name for name in synopsis if not name.startswith("-")))


def check_screen(docs):
    """every help fits a screen"""
    for words in [("help",)] + [(command, "--help") for command in docs.commands()]:
        lines = docs.run(*words).stdout.splitlines()
        if not lines or not lines[0].startswith("Usage: ringside"):
            yield f"{' '.join(words)}: it does not begin with its usage: {lines[:1]}"
        if len(lines) > SCREEN[0]:
            yield f"{' '.join(words)}: {len(lines)} lines"
        yield from (f"{' '.join(words)}: {len(line)} columns: {line}" for line in lines if len(line) > SCREEN[1])


def check_helps(docs):
    """the options of each help are those of the tables"""
    tables, told = set(), set()
    for name in os.listdir(f"{docs.root}/userland"):
        if name.endswith((".c", ".h")):
            # SAMPLE_CHOICES() leaves the text of its first to who uses it.
            tables.update(docs.choices(name))
    for command in docs.commands():
        if command != "help":
            told.update(docs.options(command))
    yield from differ("options", sorted(tables, key=str), "help", sorted(told, key=str))


def check_options(docs):
    """the manual page has each command's options, and those that all share"""
    common = docs.common()
    yield from differ("options", sorted(common, key=str), "OPTIONS of ringside(1)", sorted(docs.one.options("OPTIONS"), key=str))
    for command in docs.commands():
        own = [option for option in docs.options(command) if option not in common] if command != "help" else []
        yield from differ(command, own, "ringside(1)", docs.one.options("COMMANDS", command))


def check_columns(docs):
    """the manual page has each command's columns, in the tool's words"""
    for command in docs.commands():
        yield from differ(command, docs.columns(command) if command != "help" else [], "ringside(1)", docs.one.table("COMMANDS", command))


def check_files(docs):
    """ringside(4) has every file of /proc/ringside, with its columns"""
    section = "FILES IN /proc/ringside"
    yield from differ("files", [*docs.tables(), *docs.streams()], "ringside(4)", docs.four.subsections(section))
    for name in docs.tables():
        fields = docs.fields(name)
        if name in LIKE:
            shared = docs.fields(LIKE[name])[:8]
            yield from differ(name, shared, f"its beginning, that of {LIKE[name]},", fields[:8])
            fields = fields[8:]
        yield from differ(name, fields, "ringside(4)", [row[0] for row in docs.four.table(section, name)])


def check_module(docs):
    """ringside(4) has every operation, parameter, switch, backend and bound"""
    ops = [op["name"] for op in docs.spec["operations"]["list"]]
    yield from differ("operations", ops, "ringside(4)", re.findall(r"^\.(?:BR?) ([a-z]+-(?:get|new|del))\b", docs.four.text("NETLINK"), re.M))
    yield from differ("parameters", docs.parameters(), "ringside(4)", [tag.split("=")[0] for tag in docs.four.tags("MODULE PARAMETERS")])
    yield from differ("parameters", docs.parameters(), "the synopsis of ringside(4)", re.findall(r"(\w+)=", docs.four.text("SYNOPSIS")))
    files = ["version", *docs.switches(), "NAME/state", *(f"{name}/FIELD" for name in docs.single())]
    yield from differ("files", files, "ringside(4)", docs.four.tags(f"FILES IN {SYSFS}"))
    table = re.search(r"backends\[\] = \{(.*?)\};", docs.read("module/probe.c"), re.S)[1]
    yield from differ("backends", re.findall(r"&rs_(\w+)", table), "ringside(4)", docs.four.tags("BACKENDS"))
    bounds = re.findall(r"^#define RINGSIDE_MAX_\w+\s+(\d+)$", docs.read("module/uapi/linux/ringside.h"), re.M)
    bounds += re.findall(r"^#define RS_MAX_(?:THREADS|KEYS)\s+(\d+)$", docs.read("module/follow.h") + docs.read("module/watch.h"), re.M)
    said = re.findall(r"\d+", docs.four.text("LIMITS"))
    yield from (f"bounds: ringside(4) lacks {bound}" for bound in bounds if bound not in said)


def check_abi(docs):
    """the ABI text has an entry for every file of sysfs and every parameter"""
    files = [f"{SYSFS}/{name}" for name in ["version", *docs.switches()]]
    files += [f"{SYSFS}/{name}/state" for name in docs.providers()]
    files += [f"{SYSFS}/{name}/{field}" for name in docs.single() for field in docs.fields(name)]
    files += [f"/sys/module/ringside/parameters/{name}" for name in docs.parameters()]
    yield from differ("files", sorted(files), "the ABI text", sorted(re.findall(r"^What:\t\t(\S+)$", docs.abi, re.M)))
    for entry in re.split(r"\n\n(?=What:)", docs.abi)[1:]:
        if not re.fullmatch(r"What:\t\t\S+\nDate:\t\t\w+ \d{4}\nKernelVersion:\t.+\nContact:\t.+\nDescription:\t\S.*(?:\n|\t\t.+)*", entry):
            yield f"not as Documentation/ABI/README has it: {entry}"


def check_words(docs):
    """the completion knows each option that takes an argument, and the words of its arguments"""
    options = {option for command in docs.commands() if command != "help" for option in docs.options(command)}
    wanted = sorted({long for _, long, argument in options if argument and argument not in FREE})
    yield from differ("arguments", wanted, "the completion", sorted(re.findall(r"^\t(--[a-z-]+)\)", docs.completion, re.M)))
    classes = re.findall(r'^\t\{ "(%+\w+)", ', docs.read("userland/callset.c"), re.M)
    yield from differ("classes", sorted(classes), "the completion", sorted(set(re.findall(r"(?<= )%+[a-z]\w*", docs.completion))))
    yield from differ("classes", sorted(classes), "ringside(1)", sorted(set(re.findall(r"(?<![\w%])%+[a-z]+\b", docs.one.text("COMMANDS", "count")))))
    states = re.search(r'#define TASK_STATES\s+"(\w+)"', docs.read("userland/commands.h"))[1]
    modes = re.findall(r'\[BY_\w+\] = \{ "(\w+)"', docs.read("userland/count.c"))
    whens = re.findall(r'\{ "(\w+)", VDSO_\w+ \}', docs.read("userland/vdso.c"))
    for long, words in (("--state", list(states)), ("--by", modes), ("--vdso", whens), ("--via", ["netlink", "proc"])):
        said = re.search(rf"^\t{long}\) _ringside_words (.*) ;;$", docs.completion, re.M)
        yield from differ(long, words, "the completion", said[1].split() if said else [])


def check_man(path):
    """man formats it without a warning"""
    # As lintian does.
    command = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", path]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "MANROFFSEQ": "", "MANWIDTH": "80"})
    if result.returncode or result.stderr or not result.stdout:
        yield f"it ends with {result.returncode}: {result.stderr}"


def check_mandoc(path):
    """mandoc has nothing to say"""
    result = subprocess.run(["mandoc", "-Tlint", path], capture_output=True, text=True, check=False)
    if result.returncode or result.stdout or result.stderr:
        yield f"it ends with {result.returncode}: {result.stdout}{result.stderr}"


def calls(beginning):
    """The system calls of the kernel's headers that begin so."""
    names = set()
    for bits in ("64", "32", "x32"):
        names.update(re.findall(r"^#define __NR_(\w+)\s", read(f"/usr/include/x86_64-linux-gnu/asm/unistd_{bits}.h"), re.M))
    return {name for name in names if name.startswith(beginning)}


def check_offers(docs, shell):
    """bash offers what there is"""
    for command in docs.commands():
        if command != "help":
            spellings = [word for letter, long, _ in docs.options(command) for word in (letter, long) if word]
            yield from differ(f"{command} -", sorted(spellings), "what bash offers", sorted(shell.offers(f"ringside {command} -")))
        for letter, long, argument in docs.options(command) if docs.columns(command) else []:
            if argument == "LIST":
                names = sorted(name for name, _ in docs.columns(command))
                yield from differ(f"{command} {long}", names, "what bash offers", sorted(shell.offers(f"ringside {command} {long} ")))
                yield from differ(f"{command} {letter}", names, "what bash offers", sorted(shell.offers(f"ringside {command} {letter} ")))
    pid = str(os.getpid())
    exact = {
        "ringside ": {*docs.commands(), "--help", "--version"},
        "ringside help ": set(docs.commands()),
        "ringside tasks -o PID,ST": {"PID,STATE", "PID,START", "PID,START_TIME", "PID,STIME"},
        "ringside tasks -o +RSS_": {"+RSS_ANON", "+RSS_FILE", "+RSS_SHMEM"},
        "ringside tasks --output=RSS_": {"RSS_ANON", "RSS_FILE", "RSS_SHMEM"},
        "ringside tasks -S -RSS_A": {"-RSS_ANON"},
        "ringside tasks -nS -PID,-RSS_A": {"-PID,-RSS_ANON"},
        "ringside count -e op": calls("op"),
        "ringside count -e !op": {f"!{name}" for name in calls("op")},
        "ringside count -e close,op": {f"close,{name}" for name in calls("op")},
        "ringside count -e trace=op": calls("op"),
        "ringside count --trace=op": calls("op"),
        "ringside count -e %net": {"%net", "%network"},
        "ringside count -u root --by p": {"process"},
        "ringside count -u roo": {"root"},
        f"ringside tasks -p {pid}": {pid},
        f"ringside tasks --pid 1,{pid}": {f"1,{pid}"},
        "ringside status --via ": {"netlink", "proc"},
        "ringside cross --vdso ": {"auto", "always", "never"},
        "ringside trace -e %net": {"%net", "%network"},
        "ringside trace -o module/uapi/": {"module/uapi/linux"},
        "ringside cross --svg module/uapi/": {"module/uapi/linux"},
        "ringside lab is": {"isolation"},
        "ringside lab vdso a": {"all"},
        "ringside lab vdso -o V": {"VERDICT"},
        "ringside lab -o T": {"TITLE"},
        "ringside maps 1 -o ADD": set(),
        "ringside maps 1 0x1000 -o ADD": {"ADDRESS"},
        f"ringside maps {pid}": {pid},
        "ringside count -wp 1 -- realpa": {"realpath"},
        "ringside trace -f realpa": {"realpath"},
        "ringside cross --vdso never -- realpa": {"realpath"},
        "ringside count mkdir --par": {"--parents"},
        "ringside count -i ": set(),
    }
    for typed, wanted in exact.items():
        yield from differ(typed, sorted(wanted), "what bash offers", sorted(shell.offers(typed)))
    pids = shell.offers("ringside tasks -p ")
    if "1" not in pids or pid not in pids or not all(word.isdigit() for word in pids):
        yield f"ringside tasks -p: {pids}"
    for typed, wanted in (("ringside tasks --no-k", "ringside tasks --no-kernel "), ("ringside co", "ringside count "), ("ringside tasks -o TGI", "ringside tasks -o TGID")):
        if shell.completed(typed) != wanted:
            yield f"{typed} becomes {shell.completed(typed)!r}, not {wanted!r}"


def without(text, pattern):
    """The text with just one thing less."""
    left, count = re.subn(pattern, "", text, flags=re.M | re.S)
    assert count == 1, f"{pattern} is there {count} times"
    return left


def check_found(check, docs, *words):
    """what is not in step is found out, by name"""
    found = "\n".join(check(docs))
    yield from (f"nobody found {word}: {found}" for word in words if word not in found)


def main():
    results = sys.argv[1]
    docs, other = Docs("."), Docs(f"{results}/other")
    one, four, abi, completion = (read(path) for path in ("userland/ringside.1", "userland/ringside.4", "module/sysfs-kernel-ringside", "userland/ringside.bash-completion"))
    broken = f"{results}/broken.1"
    with open(broken, "w", encoding="utf-8") as file:
        file.write(one + ".NOSUCH macro\n")
    checks = [(check.__doc__, check(docs)) for check in (check_commands, check_screen, check_helps, check_options, check_columns, check_files, check_module, check_abi, check_words)]
    for page in ("userland/ringside.1", "userland/ringside.4"):
        checks.extend((f"{page}: {check.__doc__}", check(page)) for check in (check_man, check_mandoc))
    checks.append((check_offers.__doc__, check_offers(docs, Shell(results, "build", "userland/ringside.bash-completion"))))
    for what, check, changed, *words in (
        ("an option that nobody described", check_options, other, "--zap"),
        ("a column that nobody described", check_columns, other, "NUMBER"),
        ("an option that the manual page lacks", check_options, Docs(".", one=without(one, r"^\.TP\n\S*tree\S*\n[^\n]*\n")), "--tree"),
        ("an option that the manual page made up", check_options, Docs(".", one=one.replace(r"\-\-tree\f", r"\-\-bush\f")), "--tree", "--bush"),
        ("a command that the manual page lacks", check_commands, Docs(".", one=without(one, r"^\.SS watches\n")), "watches"),
        ("a column of a file that ringside(4) lacks", check_files, Docs(".", four=without(four, r"^nr_fds\t[^\n]*\n")), "nr_fds"),
        ("a parameter that ringside(4) lacks", check_module, Docs(".", four=without(four, r"^\.TP\n\.BI group= GID\n")), "group"),
        ("a file that the ABI text lacks", check_abi, Docs(".", abi=without(abi, r"^What:\t\t/sys/kernel/ringside/memory/mlocked\n.*?\n\n")), "memory/mlocked"),
        ("a file that the ABI text made up", check_abi, Docs(".", abi=abi.replace("/memory/mlocked", "/memory/unlocked")), "memory/unlocked"),
        ("by man, a macro that there is not", check_man, broken, "NOSUCH"),
        ("by mandoc, a macro that there is not", check_mandoc, broken, "NOSUCH"),
        ("an argument that the completion lacks", check_words, Docs(".", completion=without(completion, r"^\t--cgroup\)[^\n]*\n")), "--cgroup"),
    ):
        checks.append((f"found out: {what}", check_found(check, changed, *words)))
    print(f"1..{len(checks)}")
    failed = False
    for number, (name, findings) in enumerate(checks, 1):
        try:
            found = list(findings)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError, OSError) as error:
            found = [f"not as it was when this was written: {error!r}"]
        print("not ok" if found else "ok", number, "-", name)
        for line in found:
            print("#", line.replace("\n", "\n# "))
        failed = failed or bool(found)
    sys.exit(failed)


main()
