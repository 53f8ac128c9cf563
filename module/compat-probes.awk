# SPDX-License-Identifier: GPL-2.0-only
# What the compiler said about the questions in source, in its file said, as #defines: see compat-probes.sh.

function fail(sentence) {
	print "ringside: " sentence >"/dev/stderr"
	failed = 1
	exit 1
}
BEGIN {
	while ((getline line <source) > 0) {
		number++
		if (match(line, /^\/\* (ask|good|bad)/)) {
			kind = substr(line, 4, RLENGTH - 3)
			if (kind == "ask") {
				name = line
				sub(/^\/\* ask /, "", name)
				sub(/:.*/, "", name)
				names[++questions] = name
			}
			is[name, kind] = 1
			if (match(line, /: exported [a-z0-9_]+/))
				symbol[name, kind] = substr(line, RSTART + 11, RLENGTH - 11)
		}
		of[number] = name SUBSEP kind
	}
	if (!questions)
		fail("there are no questions in " source)

	while ((getline line <said) > 0) {
		if (line !~ /(^|[^a-z])(fatal )?error:/)
			continue
		where = line
		if (index(line, source ":") == 1) {
			where = substr(line, length(source) + 2) + 0
			if (line !~ /fatal error:/ && of[where] ~ /RS_/) {
				errors[of[where]] = line
				continue
			}
		}
		fail("what this kernel has can't be found out, the compiler fails for another reason: " line)
	}
	while ((getline line <symvers) > 0) {
		split(line, field, "\t")
		exported[field[2]] = 1
	}

	split("ask good bad", kinds, " ")
	for (i = 1; i <= questions; i++) {
		name = names[i]
		for (k = 1; k <= 3; k++) {
			kind = kinds[k]
			if (!((name, kind) in is))
				fail("the question " name " has no \"" kind "\"")
			if ((name, kind) in symbol)
				yes[kind] = symbol[name, kind] in exported
			else
				yes[kind] = !((name, kind) in errors)
		}
		if (!yes["good"] && (name, "good") in symbol)
			fail("whether this kernel has " name " can't be told: " symbol[name, "good"] \
				", which every kernel exports, is not in " symvers)
		if (!yes["good"])
			fail("whether this kernel has " name " can't be told: what compiles on every kernel does not: " \
				errors[name, "good"])
		if (yes["bad"])
			fail("whether this kernel has " name " can't be told: what is an error on every kernel is none here")
		if (yes["ask"])
			answers = answers "#define " name "\n"
	}
	printf "/* What this kernel has: compat-probes.sh. */\n%s", answers
	exit
}
END { exit failed }
