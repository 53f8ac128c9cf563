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

SETS = ["status", "task", "memory", "slab"]
FILES = {"status": "status", "task": "tasks", "memory": "memory", "slab": "slabs"}
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

    def op(self, name):
        return next(op for op in self.ops if op["attribute-set"] == name)

    def asked(self, name, kind):
        return self.op(name)[kind].get("request", {}).get("attributes", [])


class Header:
    """module/uapi/linux/ringside.h: enums in order, with what the comment of each line says."""

    def __init__(self):
        self.text = read("module/uapi/linux/ringside.h")
        self.enums = []
        for body in re.findall(r"enum \{(.*?)\};", self.text, re.S):
            words = []
            for name, first, comment in re.findall(r"^\t(\w+)( = 1)?,(?:\s*/\*(.*?)\*/)?", body, re.M | re.S):
                if not name.startswith("__"):
                    words.append((name, re.sub(r"\s*\n\s*\*?\s*", " ", comment).strip(), bool(first)))
            self.enums.append((words, body))

    def members(self, prefix):
        for words, _ in self.enums:
            if words and words[0][0].startswith(prefix):
                return [(name[len(prefix):], comment) for name, comment, _ in words]
        return []

    def define(self, name):
        found = re.search(rf"^#define {name}\s+(\S+)", self.text, re.M)
        return found.group(1).strip('"') if found else None


class Field:
    """A line of a provider's table, through its file's FIELD macro."""

    def __init__(self, arguments, sizes):
        row, self.member, attr, self.type, self.unit, _, ask = arguments
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
    table = re.search(r"^static const struct rs_field fields\[\] = \{(.*?)^\};", text, re.M | re.S).group(1)
    for line in re.findall(r"FIELD\((.*?)\),$", table, re.M):
        given = dict(zip(parameters, [word.strip() for word in line.split(",")]))
        arguments = []
        for word in template.split(","):
            word = word.strip()
            for parameter, value in given.items():
                word = re.sub(rf"(##\s*{parameter}\b|\b{parameter}\b)", value, word)
            arguments.append(word)
        fields.append(Field(arguments, sizes))
    return fields


def length(text, word):
    if not word or word.isdigit():
        return int(word or 0)
    if word == "TASK_COMM_LEN":
        return 16
    found = re.search(rf"^#define\s+{re.escape(word)}\s+(\d+)", text, re.M)
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
    constants = {c_name(d["name"]): d["value"] for d in spec.data["definitions"] if d["type"] == "const"}
    if constants.get("MAX_PIDS") != int(header.define("RINGSIDE_MAX_PIDS")):
        yield f"max-pids is {constants.get('MAX_PIDS')}, RINGSIDE_MAX_PIDS {header.define('RINGSIDE_MAX_PIDS')}"


def check_commands():
    """operations are the header's commands, in their order"""
    commands = [name for name, _ in header.members("RINGSIDE_CMD_") if name != "MAX"]
    operations = [c_name(op["name"]) for op in spec.ops]
    if commands != operations:
        yield f"commands {commands}, operations {operations}"
    for words, _ in header.enums:
        if words and not words[0][2]:
            yield f"the enum of {words[0][0]} does not begin with 1"
    for name, noun in FILES.items():
        for file in (f"module/{noun}.c", f"userland/{noun}.c"):
            if f".cmd = RINGSIDE_CMD_{c_name(name)}_GET," not in read(file):
                yield f"{file}: its command is not RINGSIDE_CMD_{c_name(name)}_GET"


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


def check_requests():
    """filters and keys of the header are what requests may hold"""
    for name in SETS:
        members = header.members(f"RINGSIDE_A_{c_name(name)}_")
        filters = [m for m, c in members if "filter" in c or "in a dump request" in c]
        keys = [m for m, c in members if re.search(r"\bkey\b", c)]
        for kind, said in (("dump", filters), ("do", keys)):
            asked = [c_name(a) for a in spec.asked(name, kind)]
            if sorted(asked) != sorted(said):
                yield f"{name} {kind}: the header names {said}, the specification {asked}"


def check_replies():
    """an answer may hold every attribute but flags"""
    for name in SETS:
        wanted = [a["name"] for a in spec.sets[name] if a["type"] != "flag"]
        for kind in ("do", "dump"):
            if spec.op(name)[kind]["reply"]["attributes"] != wanted:
                yield f"{name} {kind}: the reply differs from the set"


FIELD_TYPES = {"u32": {"RS_U32", "RS_BOOL"}, "s32": {"RS_S32"}, "uint": {"RS_UINT"}, "string": {"RS_STR"}, "flag": {"RS_FLAG"}}
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
            if field.type not in FIELD_TYPES[attribute["type"]]:
                yield f"{where} is {field.type}, the attribute {attribute['type']}"
            if not field.size or field.size[0] != ROW_TYPES.get(field.type):
                yield f"{where} is {field.type}, in its row {field.size and field.size[0]}"
            comment = comments[field.attr]
            if name != "memory" and field.type == "RS_UINT" and bool(re.search(r"\bns\b", comment)) != (field.unit == "RS_NSEC"):
                yield f"{where} is in {field.unit}, the header says '{comment}'"
            if name != "memory" and field.type in ("RS_UINT", "RS_U32") and bool(re.search(r"\bbytes\b", comment)) != (field.unit == "RS_BYTES"):
                yield f"{where} is in {field.unit}, the header says '{comment}'"


def check_asked():
    """what a field may be asked for is what requests may hold, and its limits are"""
    for name in SETS:
        asked = {kind: [c_name(a) for a in spec.asked(name, kind)] for kind in ("do", "dump")}
        for field, attribute in zip(fields_of(name), spec.sets[name]):
            where = f"{name}: {field.member}"
            if ("RS_FILTER" in field.ask) != (field.attr in asked["dump"]):
                yield f"{where} has {field.ask or 'nothing'}, in the dump's request: {field.attr in asked['dump']}"
            if bool({"RS_KEY", "RS_NAME"} & field.ask) != (field.attr in asked["do"]):
                yield f"{where} has {field.ask or 'nothing'}, in the request of one: {field.attr in asked['do']}"
            if ("RS_KEY" in field.ask) != attribute.get("multi-attr", False):
                yield f"{where} has {field.ask or 'nothing'}, multi-attr is {attribute.get('multi-attr', False)}"
            limits = attribute.get("checks", {})
            wanted = {}
            if field.ask and field.type == "RS_STR":
                wanted = {"max-len": field.size[1] - 1}
            elif field.ask and field.type == "RS_BOOL":
                wanted = {"max": 1}
            if limits != wanted:
                yield f"{where} allows {wanted}, the specification {limits}"


def check_columns():
    """the tool has a column for every attribute, read as what it is"""
    for name in SETS:
        text = read(f"userland/{FILES[name]}.c")
        table = re.search(r"columns\[\] = \{(.*?)^\};", text, re.M | re.S).group(1)
        table = re.sub(r'"(\\.|[^"\\])*"', '""', table)
        table = table.replace(f"RINGSIDE_A_{c_name(name)}_", "")
        words = set(re.findall(r"\b[A-Z][A-Z0-9_]*\b", table))
        for attribute in spec.sets[name]:
            if attribute["type"] != "flag" and c_name(attribute["name"]) not in words:
                yield f"{name}: no column shows {attribute['name']}"
        types = {c_name(a["name"]): a["type"] for a in spec.sets[name]}
        for attr, kind in re.findall(r"\.attr = \{ (?:A\()?(\w+)\)? \},\s*\.kind = KIND_(\w+)", table):
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
    ops, policies, version = {}, {}, None
    for line in read(f"{results}/policy.{kernel}").splitlines():
        word, *rest = line.split()
        if word == "op":
            ops[int(rest[0]), rest[1]] = int(rest[2])
        elif word == "attr":
            limits = {k: int(v) for k, v in (limit.split("=") for limit in rest[3:])}
            policies.setdefault(int(rest[0]), {})[int(rest[1])] = (rest[2], limits)
        elif word == "version":
            version = int(rest[0])
    if version != spec.data.get("version", 1):
        yield f"the family has version {version}"
    if sorted(ops) != sorted((i + 1, kind) for i in range(len(spec.ops)) for kind in ("do", "dump")):
        yield f"operations {sorted(ops)}"
        return
    for number, op in enumerate(spec.ops, 1):
        attributes = spec.sets[op["attribute-set"]]
        # One policy serves both: kernels before 6.2 know no other way. What only a dump may hold, the code refuses.
        asked = set(spec.asked(op["attribute-set"], "do")) | set(spec.asked(op["attribute-set"], "dump"))
        wanted = {i: wanted_policy(a, kernel) for i, a in enumerate(attributes, 1) if a["name"] in asked}
        for kind in ("do", "dump"):
            got = policies.get(ops[number, kind], {})
            for i in sorted(set(wanted) | set(got)):
                if wanted.get(i) != got.get(i):
                    yield f"{op['name']} {kind}: {attributes[i - 1]['name']} is {got.get(i)}, by the specification {wanted.get(i)}"


def check_client(results, op, kind):
    """the kernel's own client reads what comes"""
    try:
        rows = json.loads(read(f"{results}/ynl.{op['name']}.{kind}"))
    except (OSError, ValueError):
        yield f"no answer: {read(f'{results}/ynl.log')[-2000:]}"
        return
    rows = rows if kind != "do" else [rows]
    types = {a["name"]: a for a in spec.sets[op["attribute-set"]]}
    for row in rows:
        for name, value in row.items():
            if name not in types or isinstance(value, str) != (types[name]["type"] == "string") and not types[name].get("multi-attr"):
                yield f"{name}: {value!r}"
    single = spec.asked(op["attribute-set"], "do") == []
    least = {"do": 1, "dump": 1 if single else 4, "filtered": 1}[kind]
    if not rows or not all(rows) or len(rows) < least or kind == "filtered" and len(rows) != least:
        yield f"{len(rows)} rows"


def main():
    source, results, *kernels = sys.argv[1:]
    checks = [(check_schema.__doc__, check_schema(source))]
    for check in (check_constants, check_commands, check_attributes, check_requests, check_replies, check_fields, check_asked, check_columns):
        checks.append((check.__doc__, check()))
    for kernel in kernels:
        checks.append((f"{kernel}: {check_policies.__doc__}", check_policies(results, kernel)))
    if os.path.exists(f"{results}/ynl.log"):
        for op in spec.ops:
            for kind in ("do", "dump") + (("filtered",) if spec.asked(op["attribute-set"], "dump") else ()):
                checks.append((f"{op['name']} {kind}: {check_client.__doc__}", check_client(results, op, kind)))
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
