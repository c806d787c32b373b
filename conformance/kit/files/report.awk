# Makes report.html from results.tsv. From the environment: KIT and OUT, the folders; SYSTEM, COMMAND,
# BUILT, what was tested; MADE, when; TOTAL, how many were to be played; VERSION, LOOPS, INTERRUPTED.

BEGIN {
	FS = "\t"
	kit = ENVIRON["KIT"]
	out = ENVIRON["OUT"]
	split("differs hangs limit crash unsure busy skipped", order, " ")
	title["pass"] = "as recorded"
	title["differs"] = "differs"
	title["hangs"] = "does not come to rest"
	title["limit"] = "took too long"
	title["crash"] = "crashed"
	title["unsure"] = "not known"
	title["busy"] = "time not kept"
	title["skipped"] = "skipped"
	read_kit()
}

function read_kit(    file) {
	file = kit "/groups.tsv"
	while ((getline < file) > 0) {
		groups[++group_count] = $1
		about_group[$1] = $5
		kernel_of[$1] = $4
	}
	close(file)
	file = kit "/scenarios.tsv"
	while ((getline < file) > 0) {
		mode[$1] = $2
		place[$1] = $3
		number[$1] = $4
	}
	close(file)
}

NR == 1 { next }

{
	ids[++played] = $1
	result[$1] = $2
	asked[$1] = $3
	note[$1] = $4
	group = $1
	sub(/\/.*/, "", group)
	count[$2]++
	of_group[group, $2]++
	played_of[group]++
	if ($2 == "pass" && $3 > 1) {
		again++
		again_of[group]++
	}
}

function escaped(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	gsub(/"/, "\\&quot;", text)
	gsub(/[\001-\010\013-\037\177]/, "?", text)
	return text
}

function code(text) {
	return "<code>" escaped(text) "</code>"
}

# A line of a file, from 1.
function line_of(file, wanted,    text, n) {
	while ((getline text < file) > 0)
		if (++n == wanted) break
	close(file)
	return n == wanted ? text : ""
}

# A whole file, cut off where it is very long.
function text_of(file,    text, all) {
	while ((getline text < file) > 0 && length(all) < 200000)
		all = all (all == "" ? "" : "\n") text
	close(file)
	return all
}

function fact(name, value) {
	if (value != "") printf "<dt>%s</dt><dd>%s</dd>\n", name, escaped(value)
}

function anchor(id) {
	gsub(/[^A-Za-z0-9_.-]/, "-", id)
	return "s-" id
}

END {
	print_head()
	print_totals()
	print_groups()
	print_failures()
	print_concurrent()
	print_others()
	print "</main>\n</body>\n</html>"
}

function print_head() {
	print "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
	print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	printf "<title>epoll conformance: %s</title>\n", escaped(ENVIRON["SYSTEM"])
	print "<style>"
	while ((getline text < (kit "/report.css")) > 0) print text
	print "</style>\n</head>\n<body>\n<main>"
	print "<h1>epoll conformance</h1>\n<dl class=\"facts\">"
	fact("Tested", ENVIRON["SYSTEM"])
	fact("Run by", ENVIRON["COMMAND"])
	fact("Player", ENVIRON["BUILT"])
	fact("Kit", "epollsim " ENVIRON["VERSION"])
	fact("Made", ENVIRON["MADE"])
	print "</dl>"
}

function print_totals(    i, bad) {
	bad = count["differs"] + count["hangs"] + count["limit"] + count["crash"]
	printf "<p class=\"verdict %s\">", bad ? "bad" : "good"
	printf "%d of %d scenarios played: %d as recorded", played, ENVIRON["TOTAL"], count["pass"]
	if (again) printf ", of which %d only when asked again", again
	for (i = 1; i in order; i++)
		if (count[order[i]]) printf "; <b>%d</b> %s", count[order[i]], title[order[i]]
	print ".</p>"
	if (ENVIRON["INTERRUPTED"] != "")
		print "<p class=\"note\">The run was interrupted: what is missing was not played.</p>"
}

function print_groups(    i, j, group) {
	print "<h2>Groups</h2>\n<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">group</th>"
	print "<th scope=\"col\">what it is about</th><th scope=\"col\">recorded on Linux</th>"
	print "<th scope=\"col\">played</th><th scope=\"col\">as recorded</th>"
	print "<th scope=\"col\">asked again</th>"
	for (j = 1; j in order; j++) printf "<th scope=\"col\">%s</th>\n", title[order[j]]
	print "</tr></thead>\n<tbody>"
	for (i = 1; i <= group_count; i++) {
		group = groups[i]
		if (!played_of[group] || shown[group]++) continue
		printf "<tr><th scope=\"row\">%s</th><td class=\"text\">%s</td><td>%s</td><td>%d</td>", \
			escaped(group), escaped(about_group[group]), escaped(kernel_of[group]), played_of[group]
		printf "<td>%d</td><td>%s</td>", of_group[group, "pass"], again_of[group] + 0
		for (j = 1; j in order; j++)
			printf "<td%s>%d</td>", is_bad(order[j]) && of_group[group, order[j]] ? " class=\"bad\"" : "", \
				of_group[group, order[j]]
		print "</tr>"
	}
	print "</tbody></table></div>"
}

function is_bad(what) {
	return what == "differs" || what == "hangs" || what == "limit" || what == "crash"
}

function print_failures(    i, id, any) {
	for (i = 1; i <= played; i++) {
		id = ids[i]
		if (!is_bad(result[id])) continue
		if (!any++) print "<h2>What is not as recorded</h2>"
		print_failure(id)
	}
}

function print_failure(id,    scenario, want, got) {
	scenario = line_of(kit "/" place[id] ".scenarios.ndjson", number[id])
	want = line_of(kit "/" place[id] ".golden.ndjson", number[id])
	got = text_of(out "/got/" id ".transcript")
	printf "<details open id=\"%s\"><summary><h3>%s</h3> <span class=\"bad\">%s</span>", \
		anchor(id), escaped(id), title[result[id]]
	if (asked[id] > 1) printf " <span class=\"note\">asked %d times</span>", asked[id]
	print "</summary>"
	if (member(scenario, "about") != "") printf "<p>%s</p>\n", escaped(string(member(scenario, "about")))
	if (note[id] != "") printf "<p class=\"note\">%s</p>\n", escaped(note[id])
	if (mode[id] == "concurrent") print_outcomes(id, got)
	else print_steps(scenario, want, got)
	print_raw("scenario", scenario)
	if (mode[id] != "concurrent") print_raw("expected", want)
	print_raw("got", got)
	print_raw("standard error", text_of(out "/got/" id ".stderr"))
	print "</details>"
}

function print_raw(name, text) {
	if (text == "") text = "(nothing)"
	printf "<details class=\"raw\"><summary>%s</summary><pre>%s</pre></details>\n", name, \
		escaped(length(text) > 20000 ? substr(text, 1, 20000) " ... cut off here" : text)
}

# A row for each entry of either transcript, with the call of its step.
function print_steps(scenario, want, got,    wanted, came, calls, n, m, rows, i, first, from, to) {
	split("", calls)
	items(member(scenario, "steps"), calls)
	n = entries(want, wanted)
	m = entries(got, came)
	rows = n > m ? n : m
	for (first = 1; first <= rows && wanted[first] == came[first]; first++)
		;
	if (first <= rows) print_first(wanted[first], came[first], calls)
	else if (want != got) print "<p class=\"first\">The entries are equal, and the text around them is not.</p>"
	from = first > 40 ? first - 30 : 1
	to = rows > first + 60 ? first + 60 : rows
	if (from > 1 || to < rows) printf "<p class=\"note\">Rows %d to %d of %d.</p>\n", from, to, rows
	print "<div class=\"wide\"><table class=\"steps\"><thead><tr><th scope=\"col\">step</th>"
	print "<th scope=\"col\">call</th><th scope=\"col\">expected</th><th scope=\"col\">got</th></tr></thead><tbody>"
	for (i = from; i <= to; i++) print_row(wanted[i], came[i], calls, i == first)
	print "</tbody></table></div>"
}

# The entries of a transcript, and behind them what stands at its end.
function entries(text, into,    n) {
	split("", into)
	n = items(member(text, "results"), into)
	if (n == 0 && text != "" && member(text, "results") == "") into[++n] = substr(text, 1, 300)
	if (member(text, "blocked") != "") into[++n] = "\"blocked\":" member(text, "blocked")
	if (member(text, "error") != "") into[++n] = "\"error\":" member(text, "error")
	return n
}

function step_of(entry) {
	if (!match(entry, /^\{"step":[0-9]+/)) return ""
	return substr(entry, 9, RLENGTH - 8)
}

function said(entry) {
	return entry == "" ? "<i>nothing</i>" : code(entry)
}

function print_first(want, got, calls,    step) {
	step = step_of(want) == "" ? step_of(got) : step_of(want)
	printf "<p class=\"first\">First difference%s: expected %s, got %s.</p>\n", \
		step == "" ? " at the end" : ", step " step, said(want), said(got)
}

# A step: its thread where it names one, the call with its arguments, and what it binds.
function called(step,    thread, bind) {
	thread = string(member(step, "thread"))
	bind = member(step, "bind")
	return (thread == "" ? "" : escaped(thread) ": ") code(string(member(step, "call")) \
		" " member(step, "args") (bind == "" ? "" : " -> " bind))
}

function print_row(want, got, calls, is_first,    step, other) {
	step = step_of(want)
	other = step_of(got)
	if (step == "") step = other
	printf "<tr%s><th scope=\"row\">%s%s</th><td>%s</td>", is_first ? " class=\"first\"" : "", \
		is_first ? "first difference<br>" : "", step == "" ? "end" : step, \
		step == "" ? "" : called(calls[step + 1])
	printf "<td>%s</td><td%s>%s</td></tr>\n", said(want), want == got ? "" : " class=\"bad\"", said(got)
}

# ---- concurrent scenarios ----

function read_outcomes(    file) {
	if (outcomes_read++) return
	file = kit "/outcomes.tsv"
	while ((getline < file) > 0) {
		if ($2 == "recorded" || $2 == "possible") {
			known[$1, ++known_count[$1]] = $3
			kind[$1, $3] = $2
		} else completeness[$1] = $2
	}
	close(file)
}

# A row for each outcome that is known or has come.
function print_outcomes(id, got,    list, n, i, came, seen) {
	read_outcomes()
	n = items(member(got, "outcomes"), list)
	split("", came)
	for (i = 1; i <= n; i++) came[list[i]] = 1
	print "<div class=\"wide\"><table class=\"steps\"><thead><tr><th scope=\"col\">seen</th>"
	print "<th scope=\"col\">what is known of it</th><th scope=\"col\">outcome</th></tr></thead><tbody>"
	for (i = 1; i <= n; i++) {
		if ((id SUBSEP list[i]) in kind) continue
		printf "<tr class=\"first\"><th scope=\"row\">seen</th><td class=\"bad\">%s</td><td>%s</td></tr>\n", \
			completeness[id] == "complete" ? "Linux cannot have it" : "nothing", code(list[i])
	}
	for (i = 1; i <= known_count[id]; i++)
		printf "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td></tr>\n", \
			known[id, i] in came ? "seen" : "not seen", \
			kind[id, known[id, i]] == "recorded" ? "recorded on Linux" : "Linux can have it", code(known[id, i])
	print "</tbody></table></div>"
}

function print_concurrent(    i, id, any) {
	for (i = 1; i <= played; i++) {
		id = ids[i]
		if (mode[id] != "concurrent") continue
		if (!any++) {
			print "<h2>Concurrent scenarios</h2>"
			print "<p>Threads run freely against each other, and each scenario was played"
			printf "%d times. What was seen is a sample: none of the outcomes has to come up.\n", ENVIRON["LOOPS"]
			print "One that Linux cannot have is a difference. Which ones it can have was found by"
			print "epollsim, which tries every interleaving of its model of the kernel; where there are"
			print "too many of them, an outcome that is not in the list is not known to be wrong.</p>"
			print "<div class=\"wide\"><table><thead><tr><th scope=\"col\">scenario</th>"
			print "<th scope=\"col\">result</th><th scope=\"col\">what was seen</th></tr></thead><tbody>"
		}
		printf "<tr><th scope=\"row\">%s</th><td%s>%s</td><td class=\"text\">%s</td></tr>\n", \
			is_bad(result[id]) ? "<a href=\"#" anchor(id) "\">" escaped(id) "</a>" : escaped(id), \
			is_bad(result[id]) ? " class=\"bad\"" : "", title[result[id]], escaped(note[id])
	}
	if (any) print "</tbody></table></div>"
	for (i = 1; i <= played; i++) {
		id = ids[i]
		if (result[id] != "unsure") continue
		printf "<details><summary><h3>%s</h3> %s</summary>\n", escaped(id), title["unsure"]
		print_outcomes(id, text_of(out "/got/" id ".transcript"))
		print "</details>"
	}
}

# ---- what was not played ----

function print_others(    i, id, why, list, reasons, n, j) {
	for (i = 1; i <= played; i++) {
		id = ids[i]
		if (result[id] != "skipped" && result[id] != "busy") continue
		why = note[id]
		if (!(why in list)) reasons[++n] = why
		list[why] = list[why] (list[why] == "" ? "" : ", ") id
	}
	if (n) print "<h2>What was not played</h2>\n<dl>"
	for (j = 1; j <= n; j++)
		printf "<dt>%s</dt><dd>%s</dd>\n", escaped(reasons[j]), escaped(list[reasons[j]])
	if (n) print "</dl>"
}
