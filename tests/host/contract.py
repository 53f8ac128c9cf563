# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of the netlink contract against each other; run by tests/host/contract.

usage: contract.py SOURCE RESULTS KERNEL...

SOURCE has the kernel's Documentation/netlink; RESULTS has what guests said: policy.KERNEL (of tests/host/policy.c)
and ynl.COMMAND (JSON, of the kernel's own client).
"""
import json
import os
import re
import sys

import jsonschema
import yaml

SETS = ["status", "task", "memory", "slab", "watch", "syscall", "error", "latency", "map", "page", "file"]
# The module's file of a set, and its table of fields there.
FILES = {"status": "status", "task": "tasks", "memory": "memory", "slab": "slabs", "watch": "watches", "syscall": "syscalls", "error": "syscalls", "latency": "syscalls", "map": "maps", "page": "pages", "file": "files"}
TABLES = {"syscall": "call_fields", "error": "error_fields", "latency": "latency_fields"}
# The tool's, for those that it shows as a table; and what its table leaves out, being of the one watch that it made.
TOOL = {"status": "status", "task": "tasks", "memory": "memory", "slab": "slabs", "watch": "watches", "syscall": "tally", "map": "maps", "page": "pages", "file": "files"}
UNSHOWN = {"syscall": {"WATCH", "NAME", "MISSED"}}
U32, U64 = 2**32 - 1, 2**64 - 1


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def c_name(name):
    return name.upper().replace("-", "_")


class Spec:
    """module/ringside.yaml."""

    def __init__(self):
        self.data = yaml.safe_load(read("module/ringside.yaml"))
        self.sets = {s["name"]: s["attributes"] for s in self.data["attribute-sets"]}
        self.ops = self.data["operations"]["list"]

    def get(self, name):
        """The operation that asks for rows of a set."""
        return next(op for op in self.ops if op["name"] == f"{name}-get")

    def asked(self, name, kind):
        return requested(self.get(name), kind)


def requested(op, kind):
    return op.get(kind, {}).get("request", {}).get("attributes", [])


def kinds(op):
    return [kind for kind in ("do", "dump") if kind in op]


class Header:
    """module/uapi/linux/ringside.h: enums in order, with what the comment of each line says."""

    def __init__(self):
        self.text = read("module/uapi/linux/ringside.h")
        self.enums = []
        for above, body in re.findall(r"(?:^/\*((?:(?!\*/).)*)\*/\n)?^enum \{(.*?)^\};", self.text, re.M | re.S):
            words = []
            for name, first, comment in re.findall(r"^\t(\w+)( = 1)?,(?:\s*/\*(.*?)\*/)?", body, re.M | re.S):
                if not name.startswith("__"):
                    words.append((name, re.sub(r"\s*\n\s*\*?\s*", " ", comment).strip(), bool(first)))
            self.enums.append((words, re.sub(r"\s*\n\s*\*?\s*", " ", above)))

    def members(self, prefix):
        for words, above in self.enums:
            if words and words[0][0].startswith(prefix):
                named = [(name[len(prefix):], comment) for name, comment, _ in words]
                return self.likewise(named, above)
        return []

    def likewise(self, named, above):
        """With the comments that are said to be those of another enum."""
        said = re.search(r"(\w+) to (\w+) are as in (RINGSIDE_A_\w+_)\*", above)
        if not said:
            return named
        first, last = ([name for name, _ in named].index(word) for word in said.groups()[:2])
        other = dict(self.members(said.group(3)))
        return [(name, other[name] if first <= i <= last else comment) for i, (name, comment) in enumerate(named)]

    def define(self, name):
        found = re.search(rf"^#define {name}\s+(\S+)", self.text, re.M)
        return found.group(1).strip('"') if found else None


class Field:
    """A line of a provider's table, through its file's FIELD macro."""

    def __init__(self, arguments, sizes):
        _, self.member, attr, self.type, self.unit, _, ask = arguments
        self.set, self.attr = re.fullmatch(r"RINGSIDE_A_([A-Z]+?)_(\w+)", attr).groups()
        self.ask = set(re.findall(r"RS_\w+", ask))
        self.size = sizes.get(self.member)


def fields_of(name):
    text = read(f"module/{FILES[name]}.c")
    macro = re.search(r"#define FIELD\(([^)]*)\)[\s\\]*RS_FIELD\((.*?)\)$", text, re.M | re.S)
    parameters = [p.strip() for p in macro.group(1).split(",")]
    template = re.sub(r"[\\\s]+", " ", macro.group(2))
    sizes = {}
    for kind, names in re.findall(r"^\t(?:const )?(u32|s32|u64|char|bool) ([^;(]*);", re.search(r"^struct \w+_row \{.*?^\}", text, re.M | re.S).group(), re.M):
        for member in names.split(","):
            member, _, count = member.strip().rstrip("]").partition("[")
            sizes[member] = (kind, length(text, count))
    fields = []
    table = re.search(rf"^static const struct rs_field {TABLES.get(name, 'fields')}\[\] = \{{(.*?)^\}};", text, re.M | re.S).group(1)
    for line in re.findall(r"FIELD\((.*?)\),$", beginning(text, table), re.M):
        given = dict(zip(parameters, [word.strip() for word in line.split(",")]))
        arguments = []
        for word in template.split(","):
            word = word.strip()
            for parameter, value in given.items():
                word = re.sub(rf"(##\s*{parameter}(?![a-z])|\b{parameter}\b)", value, word)
            arguments.append(word.replace("##", ""))
        fields.append(Field(arguments, sizes))
    return fields


def beginning(text, table):
    """A table with the fields that several begin with, those of the macro WHOSE(noun), put in."""
    macro = re.search(r"#define WHOSE\(noun\)\s*\\\n((?:.*\\\n)*.*)\n", text)
    if not macro:
        return table
    lines = re.sub(r"[ \t]*\\$", "", macro.group(1), flags=re.M) + ","
    return re.sub(r"^\tWHOSE\((\w+)\),$", lambda whose: re.sub(r"\bnoun\b", whose.group(1), lines), table, flags=re.M)


def length(text, word):
    if not word or word.isdigit():
        return int(word or 0)
    if word == "TASK_COMM_LEN":
        return 16
    found = re.search(rf"^#define\s+{re.escape(word)}\s+(\d+)", text + read("module/watch.h"), re.M)
    return int(found.group(1)) if found else 0


spec, header = Spec(), Header()


def check_schema(source):
    """the specification is valid against the kernel's schema"""
    schema = yaml.safe_load(read(f"{source}/Documentation/netlink/genetlink.yaml"))
    for error in jsonschema.Draft7Validator(schema).iter_errors(spec.data):
        yield f"{'/'.join(map(str, error.path))}: {error.message}"


def check_constants():
    """family, version and limits are the header's"""
    # A family whose specification names no version has version 1.
    for what, name, default in (("name", "RINGSIDE_FAMILY_NAME", None), ("version", "RINGSIDE_FAMILY_VERSION", 1)):
        said = str(spec.data.get(what, default))
        if said != header.define(name):
            yield f"{what}: {said} in the specification, {name} is {header.define(name)}"
    constants = {c_name(d["name"]): str(d["value"]) for d in spec.data["definitions"] if d["type"] == "const"}
    limits = dict(re.findall(r"^#define RINGSIDE_(MAX_\w+)\s+(\d+)$", header.text, re.M))
    if constants != limits:
        yield f"constants {constants}, in the header {limits}"
    for enum in (d for d in spec.data["definitions"] if d["type"] == "enum"):
        members = [name for name, _ in header.members(f"RINGSIDE_{c_name(enum['name'])}_")]
        if members != [c_name(entry) for entry in enum["entries"]]:
            yield f"{enum['name']}: {enum['entries']}, in the header {members}"


def check_commands():
    """operations are the header's commands, in their order"""
    commands = [name for name, _ in header.members("RINGSIDE_CMD_") if name != "MAX"]
    operations = [c_name(op["name"]) for op in spec.ops]
    if commands != operations:
        yield f"commands {commands}, operations {operations}"
    for words, _ in header.enums:
        if words and words[0][2] != words[0][0].startswith(("RINGSIDE_CMD_", "RINGSIDE_A_")):
            yield f"the enum of {words[0][0]} does not begin as it should"
    for name in SETS:
        command = f"RINGSIDE_CMD_{c_name(name)}_GET"
        # A macro of several providers has the command and the fields as arguments.
        pattern = rf"PROVIDER\(\"\w+\", {command}, {TABLES[name]}, " if name in TABLES else rf"\.cmd = {command},"
        if not re.search(pattern, read(f"module/{FILES[name]}.c")):
            yield f"module/{FILES[name]}.c: its command is not {command}"
        if name in TOOL and not re.search(rf"\b{command}\b", read(f"userland/{TOOL[name]}.c")):
            yield f"userland/{TOOL[name]}.c: its command is not {command}"
    for name, comment in header.members("RINGSIDE_CMD_"):
        if name == "MAX":
            continue
        op = next((op for op in spec.ops if c_name(op["name"]) == name), {})
        said = ["dump"] if "dump only" in comment else ["do"] if comment.startswith("do:") else ["do", "dump"]
        if kinds(op) != said:
            yield f"{name} is '{comment}' in the header, in the specification it has {kinds(op)}"
        named = re.search(r"RINGSIDE_A_([A-Z]+)_", comment)
        if not named or named.group(1) != c_name(op.get("attribute-set", "")):
            yield f"{name} is '{comment}' in the header, in the specification of {op.get('attribute-set')}"


def check_attributes():
    """attributes are the header's enums: names, order and types"""
    for name in SETS:
        members = [m for m in header.members(f"RINGSIDE_A_{c_name(name)}_") if m[0] != "MAX"]
        attributes = spec.sets[name]
        if [m for m, _ in members] != [c_name(a["name"]) for a in attributes]:
            yield f"{name}: {[m for m, _ in members]} in the header, {[c_name(a['name']) for a in attributes]} in the specification"
            continue
        for (member, comment), attribute in zip(members, attributes):
            said = re.match(r"(u32|s32|uint|sint|string|flag)\b", comment)
            if name != "memory" and (not said or said.group(1) != attribute["type"]):
                yield f"{name}: {member} is '{comment}' in the header, {attribute['type']} in the specification"
            if name == "memory" and attribute["type"] != "uint":
                yield f"memory: {member} is {attribute['type']}, all are uint by the header"
            if ("may be repeated" in comment) != attribute.get("multi-attr", False):
                yield f"{name}: {member} is '{comment}' in the header, multi-attr is {attribute.get('multi-attr', False)}"


def only_asked(comment):
    """Whether the attribute of this comment is in no answer."""
    return bool(re.search(r"\bonly in\b|\brequest only\b", comment))


def check_requests():
    """filters and keys of the header are what requests may hold, and what it calls new"""
    for name in SETS:
        members = header.members(f"RINGSIDE_A_{c_name(name)}_")
        filters = [m for m, c in members if re.search(r"\bfilter\b", c) or "in a dump request" in c]
        keys = [m for m, c in members if re.search(r"\bkey\b", c)]
        wanted = {f"{name} dump": (filters, spec.asked(name, "dump")), f"{name} do": (keys, spec.asked(name, "do"))}
        if name == "watch":
            new, ended = (next(op for op in spec.ops if op["name"] == command) for command in ("watch-new", "watch-del"))
            said = [m for m, c in members if re.search(r"\bnew\b|only in WATCH_NEW", c)]
            wanted["watch-new"] = (said, requested(new, "do"))
            said = re.findall(r"RINGSIDE_A_WATCH_(\w+)", dict(header.members("RINGSIDE_CMD_"))["WATCH_DEL"])
            wanted["watch-del"] = (said, requested(ended, "do"))
        for where, (said, names) in wanted.items():
            asked = [c_name(a) for a in names]
            if sorted(asked) != sorted(said):
                yield f"{where}: the header names {said}, the specification {asked}"


def check_replies():
    """an answer may hold every attribute but what is only asked"""
    for name in SETS:
        comments = dict(header.members(f"RINGSIDE_A_{c_name(name)}_"))
        wanted = [a["name"] for a in spec.sets[name] if not only_asked(comments[c_name(a["name"])])]
        for kind in kinds(spec.get(name)):
            if spec.get(name)[kind]["reply"]["attributes"] != wanted:
                yield f"{name} {kind}: the reply differs from the set"
    # What does something is answered with what the header says, or with an ack alone.
    for name, comment in header.members("RINGSIDE_CMD_"):
        if not comment.startswith("do:"):
            continue
        op = next(op for op in spec.ops if c_name(op["name"]) == name)
        said = re.findall(r"answers (\w+)", comment)
        reply = [c_name(a) for a in op["do"].get("reply", {}).get("attributes", [])]
        if reply != said:
            yield f"{op['name']}: answers {reply}, by the header {said}"


FIELD_TYPES = {"u32": {"RS_U32", "RS_BOOL"}, "s32": {"RS_S32"}, "uint": {"RS_UINT"}, "string": {"RS_STR"}}
ROW_TYPES = {"RS_U32": "u32", "RS_BOOL": "u32", "RS_FLAG": "u32", "RS_S32": "s32", "RS_UINT": "u64", "RS_STR": "char"}


def check_fields():
    """the module's tables of fields are the attributes: order, type, row, unit"""
    for name in SETS:
        fields, attributes = fields_of(name), spec.sets[name]
        if [f.attr for f in fields] != [c_name(a["name"]) for a in attributes]:
            yield f"{name}: fields {[f.attr for f in fields]}"
            continue
        comments = dict(header.members(f"RINGSIDE_A_{c_name(name)}_"))
        for field, attribute in zip(fields, attributes):
            where = f"{name}: {field.member}"
            if field.set != c_name(name) or field.member.upper() != field.attr:
                yield f"{where} is for RINGSIDE_A_{field.set}_{field.attr}"
            comment = comments[field.attr]
            # Its place in the row holds no more than that it was asked.
            types = {"RS_FLAG"} if only_asked(comment) else FIELD_TYPES[attribute["type"]]
            if field.type not in types:
                yield f"{where} is {field.type}, the attribute {attribute['type']}"
            if not field.size or field.size[0] != ROW_TYPES.get(field.type):
                yield f"{where} is {field.type}, in its row {field.size and field.size[0]}"
            if name != "memory" and field.type == "RS_UINT" and bool(re.search(r"\bns\b", comment)) != (field.unit == "RS_NSEC"):
                yield f"{where} is in {field.unit}, the header says '{comment}'"
            if name != "memory" and field.type in ("RS_UINT", "RS_U32") and bool(re.search(r"\bbytes\b", comment)) != (field.unit == "RS_BYTES"):
                yield f"{where} is in {field.unit}, the header says '{comment}'"


def check_asked():
    """what a field may be asked for is what requests may hold, and its limits are"""
    new = requested(next(op for op in spec.ops if op["name"] == "watch-new"), "do")
    for name in SETS:
        asked = {kind: [c_name(a) for a in spec.asked(name, kind)] for kind in ("do", "dump")}
        for field, attribute in zip(fields_of(name), spec.sets[name]):
            where = f"{name}: {field.member}"
            if ("RS_FILTER" in field.ask) != (field.attr in asked["dump"]):
                yield f"{where} has {field.ask or 'nothing'}, in the dump's request: {field.attr in asked['dump']}"
            # What is only dumped may be asked for by several of its keys all the same.
            if "do" in kinds(spec.get(name)) and bool({"RS_KEY", "RS_NAME"} & field.ask) != (field.attr in asked["do"]):
                yield f"{where} has {field.ask or 'nothing'}, in the request of one: {field.attr in asked['do']}"
            if ("RS_NEEDED" in field.ask) != ("has to be given" in dict(header.members(f"RINGSIDE_A_{c_name(name)}_"))[field.attr]):
                yield f"{where} has {field.ask or 'nothing'}, the header says otherwise"
            if ("RS_KEY" in field.ask) != (attribute.get("multi-attr", False) and field.attr in asked["dump"]):
                yield f"{where} has {field.ask or 'nothing'}, multi-attr is {attribute.get('multi-attr', False)}"
            limits = attribute.get("checks", {})
            wanted = {}
            if name == "watch" and attribute["name"] in new or field.ask:
                if field.type == "RS_STR":
                    wanted = {"max-len": field.size[1] - 1}
                elif field.type == "RS_BOOL":
                    wanted = {"max": 1}
            if limits != wanted:
                yield f"{where} allows {wanted}, the specification {limits}"


def check_columns():
    """the tool has a column for every attribute, read as what it is"""
    for name, file in TOOL.items():
        text = read(f"userland/{file}.c")
        table = re.search(r"columns\[\] = \{(.*?)^\};", text, re.M | re.S).group(1)
        table = re.sub(r'"(\\.|[^"\\])*"', '""', table)
        table = table.replace(f"RINGSIDE_A_{c_name(name)}_", "")
        comments = dict(header.members(f"RINGSIDE_A_{c_name(name)}_"))
        words = set(re.findall(r"\b[A-Z][A-Z0-9_]*\b", table))
        for attribute in spec.sets[name]:
            attr = c_name(attribute["name"])
            if not only_asked(comments[attr]) and attr not in words | UNSHOWN.get(name, set()):
                yield f"{name}: no column shows {attribute['name']}"
        types = {c_name(a["name"]): a["type"] for a in spec.sets[name]}
        for attr, kind in re.findall(r"\.attr = \{ (?:[AS]\()?(\w+)\)? \},\s*\.kind = KIND_(\w+)", table):
            # What is none is the tool's own; the compiler knows the names.
            if attr in types and ((kind == "TEXT") != (types[attr] == "string") or (kind == "SIGNED") != (types[attr] in ("s32", "sint"))):
                yield f"{name}: {attr} is shown as {kind}, it is {types[attr]}"


def wanted_policy(attribute, kernel):
    kind, limits = attribute["type"], attribute.get("checks", {})
    if kind == "string":
        return "nul-string", {"max-len": limits["max-len"]}
    if kind == "uint":
        # The type came with 6.7; before, its longest form is all that can be said.
        if tuple(map(int, kernel.split("."))) < (6, 7):
            return "binary", {"max-len": 8}
        return "uint", {"min": 0, "max": U64}
    if kind == "u32":
        return "u32", {"min": 0, "max": limits.get("max", U32)}
    return kind, {}


def check_policies(results, kernel):
    """the kernel's policies are the specification's requests"""
    ops, nameless, policies, version = {}, [], {}, None
    for line in read(f"{results}/policy.{kernel}").splitlines():
        word, *rest = line.split()
        if word == "op" and rest[:2] == ["0", "dump"]:
            nameless.append(int(rest[2]))
        elif word == "op":
            ops[int(rest[0]), rest[1]] = int(rest[2])
        elif word == "attr":
            limits = {k: int(v) for k, v in (limit.split("=") for limit in rest[3:])}
            policies.setdefault(int(rest[0]), {})[int(rest[1])] = (rest[2], limits)
        elif word == "version":
            version = int(rest[0])
    if version != spec.data.get("version", 1):
        yield f"the family has version {version}"
    # 6.12 lists operations that are only dumped under number 0, in their order.
    only_dumped = [i for i, op in enumerate(spec.ops, 1) if kinds(op) == ["dump"]]
    if nameless:
        if len(nameless) != len(only_dumped):
            yield f"{len(nameless)} operations are only dumped"
        ops.update({(i, "dump"): policy for i, policy in zip(only_dumped, nameless)})
    if sorted(ops) != sorted((i, kind) for i, op in enumerate(spec.ops, 1) for kind in kinds(op)):
        yield f"operations {sorted(ops)}"
        return
    for number, op in enumerate(spec.ops, 1):
        attributes = spec.sets[op["attribute-set"]]
        # One policy serves both: kernels before 6.2 know no other way. What only a dump may hold, the code refuses.
        asked = set(requested(op, "do")) | set(requested(op, "dump"))
        wanted = {i: wanted_policy(a, kernel) for i, a in enumerate(attributes, 1) if a["name"] in asked}
        for kind in kinds(op):
            got = policies.get(ops[number, kind], {})
            for i in sorted(set(wanted) | set(got)):
                if wanted.get(i) != got.get(i):
                    yield f"{op['name']} {kind}: {attributes[i - 1]['name']} is {got.get(i)}, by the specification {wanted.get(i)}"


# The rows that a dump has at least, if not 4.
LEAST = {"memory-get": 1, "watch-get": 2}
# The processes of which a filtered dump has several rows each.
PROCESSES = {"map-get": 1, "page-get": 1, "file-get": 2}


def check_client(results, op, kind):
    """the kernel's own client reads what comes"""
    try:
        rows = json.loads(read(f"{results}/ynl.{op['name']}.{kind}"))
    except (OSError, ValueError):
        yield f"no answer: {read(f'{results}/ynl.log')[-2000:]}"
        return
    if kind == "do" and "reply" not in op["do"]:
        if rows is not None:
            yield f"{rows!r}, not an ack alone"
        return
    rows = rows if kind != "do" else [rows]
    types = {a["name"]: a for a in spec.sets[op["attribute-set"]]}
    for row in rows:
        for name, value in row.items():
            if name not in types or isinstance(value, str) != (types[name]["type"] == "string") and not types[name].get("multi-attr"):
                yield f"{name}: {value!r}"
    least = LEAST.get(op["name"], 4) if kind == "dump" else 1
    several = "watch" in types or op["name"] in PROCESSES
    if not rows or not all(rows) or len(rows) < least or kind != "dump" and not several and len(rows) != least:
        yield f"{len(rows)} rows"
    pids = {str(row["pid"]) for row in rows} if kind == "filtered" and op["name"] in PROCESSES else ()
    if pids and len(pids) != PROCESSES[op["name"]]:
        yield f"rows of the processes {pids}"
    # The second watch that was made has no times, nor what comes with them.
    if kind == "filtered" and "watch" in types and {row["watch"] for row in rows} != {2 if op["name"] == "syscall-get" else 1}:
        yield f"rows of the watches { {row['watch'] for row in rows} }"


def check_ended(results):
    """a watch that the client ended is gone, and the other is there"""
    rows = json.loads(read(f"{results}/ynl.watch-get.after"))
    if [row["name"] for row in rows] != ["calls"]:
        yield f"{rows!r}"


def main():
    source, results, *kernels = sys.argv[1:]
    checks = [(check_schema.__doc__, check_schema(source))]
    for check in (check_constants, check_commands, check_attributes, check_requests, check_replies, check_fields, check_asked, check_columns):
        checks.append((check.__doc__, check()))
    for kernel in kernels:
        checks.append((f"{kernel}: {check_policies.__doc__}", check_policies(results, kernel)))
    if os.path.exists(f"{results}/ynl.log"):
        for op in spec.ops:
            for kind in kinds(op) + (["filtered"] if requested(op, "dump") else []):
                checks.append((f"{op['name']} {kind}: {check_client.__doc__}", check_client(results, op, kind)))
        checks.append((check_ended.__doc__, check_ended(results)))
    print(f"1..{len(checks)}")
    failed = False
    for number, (name, findings) in enumerate(checks, 1):
        try:
            found = list(dict.fromkeys(findings))
        except (AttributeError, KeyError, IndexError, TypeError, ValueError, OSError) as error:
            found = [f"not as it was when this was written: {error!r}"]
        print("not ok" if found else "ok", number, "-", name)
        for line in found:
            print("#", line.replace("\n", "\n# "))
        failed = failed or bool(found)
    sys.exit(failed)


main()
