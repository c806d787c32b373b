# JSON, as far as transcripts and scenarios need it. Values stay text.

# The items of a list, or the members of an object; returns how many. Of a text that is cut off, as
# far as it goes.
function items(text, into,    parts, n, i, j, m, c, depth, item, count, in_string, from) {
	n = split(text, parts, "\"")
	for (i = 1; i <= n; i++) {
		if (in_string) {
			item = item parts[i] (i < n ? "\"" : "")
			if (!ends_escaped(parts[i])) in_string = 0
			continue
		}
		from = 1
		m = length(parts[i])
		for (j = 1; j <= m; j++) {
			c = substr(parts[i], j, 1)
			if (c == "[" || c == "{") {
				if (++depth == 1) from = j + 1
			} else if (c == "]" || c == "}") {
				if (--depth > 0) continue
				item = trimmed(item substr(parts[i], from, j - from))
				if (item != "") into[++count] = item
				return count + 0
			} else if (c == "," && depth == 1) {
				into[++count] = trimmed(item substr(parts[i], from, j - from))
				item = ""
				from = j + 1
			}
		}
		item = item substr(parts[i], from) (i < n ? "\"" : "")
		in_string = 1
	}
	if (depth > 0 && trimmed(item) != "") into[++count] = trimmed(item)
	return count + 0
}

# Does a text end with a backslash that is not itself behind one?
function ends_escaped(text,    n) {
	n = length(text)
	while (n > 0 && substr(text, n, 1) == "\\") n--
	return (length(text) - n) % 2
}

function trimmed(text) {
	sub(/^[ \t]+/, "", text)
	sub(/[ \t]+$/, "", text)
	return text
}

# The value that stands behind a key of an object; "" where there is none.
function member(text, key,    list, n, i, head) {
	n = items(text, list)
	head = "\"" key "\""
	for (i = 1; i <= n; i++)
		if (index(list[i], head) == 1) return trimmed(substr(list[i], index(list[i], ":") + 1))
	return ""
}

# A string without its quotes.
function string(text) {
	if (substr(text, 1, 1) != "\"") return text
	text = substr(text, 2, length(text) - 2)
	gsub(/\\"/, "\"", text)
	gsub(/\\\\/, "\\", text)
	return text
}
