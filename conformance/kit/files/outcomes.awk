# Judges what a concurrent scenario has shown: outcomes.tsv, then the answer of the player.
# Prints the result, a tab, and a note.

BEGIN { FS = "\t" }

FNR == NR {
	if ($1 != id) next
	if ($2 == "recorded") recorded[$3] = 1
	else if ($2 == "possible") possible[$3] = 1
	else complete = $2 == "complete"
	if ($2 == "recorded") expected++
	next
}

{ answer = answer $0 }

END {
	n = items(member(answer, "outcomes"), list)
	for (i = 1; i <= n; i++) {
		if (list[i] in recorded) seen++
		else if (list[i] in possible) others++
		else unexplained++
	}
	note = sprintf("%d of %d recorded outcomes", seen, expected)
	if (others) note = note sprintf(", %d that Linux can have, too", others)
	if (n == 0) print "differs\tthe player shows no outcome"
	else if (unexplained && complete) print "differs\t" note sprintf(", %d that Linux cannot have", unexplained)
	else if (unexplained) print "unsure\t" note sprintf(", %d of which nothing is known", unexplained)
	else print "pass\t" note
}
