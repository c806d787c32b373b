#!/bin/sh
# Plays the scenarios of this kit on the kernel underneath, or wherever --run leads, and compares what
# comes with what Linux has answered, byte for byte.
#
# For any POSIX shell with its usual tools: awk, cat, cksum, cmp, cut, date, dd, find, mkdir, rm, sed,
# sleep, tr, wc.

set -u
LC_ALL=C
export LC_ALL
kit=$(cd -- "$(dirname -- "$0")" && pwd -P) || exit 2
tab=$(printf '\t')
version=$(cat -- "$kit/VERSION")
work=

usage() {
	cat <<END
usage: sh run.sh [options]

Builds the player, plays the scenarios, compares, and writes results.tsv and report.html.

  --only PATTERN   a group, GROUP/NAME, or a shell pattern for these; may come several times
  --list           prints the scenarios that would be played, and ends
  --run COMMAND    runs the player by this command, as in --run 'qemu-aarch64 -L /usr/aarch64-linux-gnu'
  --player FILE    uses this player, which was built elsewhere
  --build-only     builds the player, and ends
  --jobs N         how many are played at a time (default: twice the number of CPUs)
  --loops N        how often each concurrent scenario is played (default: 200)
  --limit SECONDS  how long one scenario may take (default: 60)
  --out DIR        where the results go (default: results, in this folder)
  --help           this text

CC and CFLAGS say how to build: CC=cc, CFLAGS=-O0 when they are not set.

exit codes:
  0    all that was played is as recorded
  1    something differs, hangs or crashes
  2    the command line is wrong, or a file cannot be written
  3    nothing was played: no compiler, a player that does not run, every scenario skipped
  130  Ctrl-C; what had been played by then is in the results
END
}

fail() { # STATUS MESSAGE
	printf 'run.sh: %s\n' "$2" >&2
	[ -z "$work" ] || rm -rf -- "$work"
	exit "$1"
}

# ---- the command line ----

cc=${CC:-cc}
cflags=${CFLAGS--O0}
run=
player=
only=
list=
build_only=
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null) || jobs=1
loops=200
limit=60
out=$kit/results

number() { # OPTION VALUE
	case $2 in
	'' | 0* | *[!0-9]* | ??????????*) fail 2 "$1: expected a number from 1 on, found \"$2\"" ;;
	esac
}
case $jobs in '' | 0 | *[!0-9]*) jobs=1 ;; esac
# Most of the time a scenario waits.
jobs=$((jobs * 2))

while [ $# -gt 0 ]; do
	option=$1
	shift
	case $option in
	--only=* | --run=* | --player=* | --jobs=* | --loops=* | --limit=* | --out=*)
		value=${option#*=}
		option=${option%%=*}
		;;
	--only | --run | --player | --jobs | --loops | --limit | --out)
		[ $# -gt 0 ] || fail 2 "$option: expected a value"
		value=$1
		shift
		;;
	esac
	case $option in
	--only)
		[ -n "$value" ] || fail 2 "$option: expected a value"
		only="$only$value
"
		;;
	--run) run=$value ;;
	--player) player=$value ;;
	--jobs) number "$option" "$value" && jobs=$value ;;
	--loops) number "$option" "$value" && loops=$value ;;
	--limit) number "$option" "$value" && limit=$value ;;
	--out) out=$value ;;
	--list) list=yes ;;
	--build-only) build_only=yes ;;
	--help | -h) usage && exit 0 ;;
	*) fail 2 "unknown option or word \"$option\" (see sh run.sh --help)" ;;
	esac
done

# ---- what is to be played ----

wanted() { # ID
	[ -n "$only" ] || return 0
	while IFS= read -r pattern; do
		# shellcheck disable=SC2254 # It is a pattern.
		case $1 in
		$pattern | $pattern/*) return 0 ;;
		esac
	done <<END
${only%?}
END
	return 1
}

plan() {
	while IFS=$tab read -r id rest; do
		wanted "$id" && printf '%s\t%s\n' "$id" "$rest"
	done <"$kit/scenarios.tsv"
	return 0
}

if [ -n "$list" ]; then
	plan | sed "s/$tab.*//"
	exit 0
fi

mkdir -p -- "$out" 2>/dev/null && [ -w "$out" ] ||
	fail 2 "cannot write to \"$out\": give another folder by --out DIR"
out=$(cd -- "$out" && pwd -P)
work=$out/work
rm -rf -- "$work" "$out/got" "$out/results.tsv" "$out/report.html"
mkdir -p -- "$work" || fail 2 "cannot write to \"$out\""

plan >"$work/plan"
total=$(($(wc -l <"$work/plan")))
[ "$total" -gt 0 ] || fail 2 "no scenario fits --only: see sh run.sh --list"
[ "$jobs" -le "$total" ] || jobs=$total

# Each worker has every Nth line.
spread() { # FILE
	awk -v n="$jobs" -v to="$1" '{ print > (to "." NR % n) }' "$1"
}

# ---- the player ----

build_worker() { # NUMBER
	while IFS= read -r source; do
		[ ! -e "$work/build_failed" ] || return 0
		name=${source##*/}
		name=${name%.c}
		# shellcheck disable=SC2086 # They are lists of words.
		$cc -std=gnu11 -pthread $cflags -c -o "$build/$name.o" "$source" >"$build/$name.log" 2>&1 ||
			printf '%s\n' "$name" >>"$work/build_failed"
	done <"$work/sources.$1"
}

build_failed() { # LOG WHAT
	sed -n '1,30p' "$build/$1.log" >&2
	fail 3 "\"$cc -std=gnu11 -pthread $cflags\" cannot $2: what it says stands above"
}

build() {
	build=$out/build
	player=$out/player
	stamp="$cc $cflags $(cat -- "$kit"/player/* | cksum)"
	if [ -x "$player" ] && [ "$(cat -- "$build/stamp" 2>/dev/null)" = "$stamp" ]; then return 0; fi
	command -v "${cc%% *}" >/dev/null 2>&1 ||
		fail 3 "there is no C compiler \"$cc\": set CC, or give a player by --player FILE"
	printf 'run.sh: building the player with %s\n' "$cc $cflags" >&2
	rm -rf -- "$build" "$player"
	mkdir -p -- "$build"
	for source in "$kit"/player/*.c; do printf '%s\n' "$source"; done >"$work/sources"
	spread "$work/sources"
	for part in "$work"/sources.*; do
		build_worker "${part##*.}" &
		pids="$pids $!"
	done
	# shellcheck disable=SC2086
	wait $pids
	if [ -e "$work/build_failed" ]; then
		first=$(sed -n 1p "$work/build_failed")
		build_failed "$first" "build player/$first.c"
	fi
	# shellcheck disable=SC2086
	$cc -std=gnu11 -pthread $cflags -o "$player" "$build"/*.o >"$build/link.log" 2>&1 ||
		build_failed link 'link the player'
	rm -f -- "$build"/*.o
	printf '%s\n' "$stamp" >"$build/stamp"
}

# In the place of this shell, so that whoever waits or kills has the right process.
exec_player() { # ARGUMENT...
	if [ -n "$run" ]; then
		exec sh -c "exec $run \"\$@\"" run "$player" "$@"
	fi
	exec "$player" "$@"
}

give_up() {
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill $pids 2>/dev/null
	rm -rf -- "$work"
	exit 130
}

pids=
trap give_up INT TERM HUP
if [ -z "$player" ]; then
	build
elif [ -z "$run" ]; then
	[ -f "$player" ] && [ -x "$player" ] || fail 3 "--player: \"$player\" is no program"
	player=$(cd -- "$(dirname -- "$player")" && pwd -P)/${player##*/}
fi
if [ -n "$build_only" ]; then
	rm -rf -- "$work"
	printf '%s\n' "$player"
	exit 0
fi
(exec_player --system) >"$work/system" 2>"$work/system.err" </dev/null || {
	sed -n '1,10p' "$work/system.err" >&2
	fail 3 "the player does not run: \"${run:+$run }$player --system\" failed"
}
system=$(tr -c '\040-\176' ' ' <"$work/system" | cut -c 1-300)

# ---- playing ----

# A process and those that it has begun, which may not end with it.
tree() ( # PID
	printf '%s ' "$1"
	for child in $(cat -- "/proc/$1/task/$1/children" 2>/dev/null); do
		tree "$child"
	done
)

end_tree() { # PID
	tree=$(tree "$1")
	# shellcheck disable=SC2086
	kill -TERM $tree 2>/dev/null
	sleep 1
	# shellcheck disable=SC2086
	kill -KILL $tree 2>/dev/null
}

# The player ends by itself in time. This is for what it runs in, and for what prints without end.
watch_worker() { # NUMBER
	before=
	age=0
	while sleep 2; do
		now=$(cat -- "$work/busy.$1" 2>/dev/null)
		if [ -z "$now" ] || [ "$now" != "$before" ]; then age=0; else age=$((age + 2)); fi
		before=$now
		[ -n "$now" ] || continue
		if [ "$age" -gt $((limit + 5)) ] || [ -n "$(find "$work/got.$1" -size +65536)" ]; then
			: >"$work/overdue.$1"
			end_tree "${now%% *}"
		fi
	done
}

# Asks once. Sets "status".
ask() {
	asked=$((asked + 1))
	count=$((count + 1))
	# A new file each time: who is left of the one before may still write to the old one.
	rm -f -- "$work/overdue.$worker" "$work/got.$worker" "$work/err.$worker"
	case $mode in
	concurrent) set -- --limit "$limit" --loops "$loops" "$id" ;;
	*) set -- --limit "$limit" "$id" ;;
	esac
	exec_player "$@" >"$work/got.$worker" 2>"$work/err.$worker" </dev/null &
	pid=$!
	printf '%s %s\n' "$pid" "$count" >"$work/busy.$worker"
	wait "$pid" 2>/dev/null
	status=$?
	pid=
	: >"$work/busy.$worker"
	if [ -e "$work/overdue.$worker" ]; then status=124; fi
}

last_line() {
	sed -n 's/^player: //;s/^skipped: //;$p' "$work/err.$worker" |
		tr -c '\012\040-\176' '?' | tr "$tab" ' ' | cut -c 1-300
}

# Sets "result" and "note" from what came.
judge() {
	note=
	case $status in
	0)
		if [ "$mode" = concurrent ]; then
			verdict=$(awk -f "$kit/json.awk" -f "$kit/outcomes.awk" -v id="$id" \
				"$kit/outcomes.tsv" "$work/got.$worker")
			result=${verdict%%"$tab"*}
			note=${verdict#*"$tab"}
		elif sed -n "${line}{p;q;}" "$kit/$file.golden.ndjson" | cmp -s - "$work/got.$worker"; then
			result=pass
		else
			result=differs
		fi
		;;
	1) result=hangs note=$(last_line) ;;
	75) result=busy note="the machine is too busy to keep the scenario's time" ;;
	77) result=skipped note=$(last_line) ;;
	124) result=limit note="not at its end after $limit seconds" ;;
	*) result=crash note="the player ended with status $status: $(last_line)" ;;
	esac
}

# What TCP takes at a time hangs on when a kernel delays an ACK, and a busy machine makes many things
# late; so what differs is asked again. What hangs costs time, and is asked once more.
again() {
	case $result in
	differs) [ "$asked" -lt 5 ] ;;
	hangs | busy) [ "$asked" -lt 2 ] ;;
	*) false ;;
	esac
}

keep() {
	[ "$result" != pass ] || [ "$mode" = concurrent ] || return 0
	mkdir -p -- "$out/got/${id%/*}"
	dd if="$work/got.$worker" bs=1024 count=1024 2>/dev/null |
		tr -c '\012\040-\176' '?' >"$out/got/$id.transcript"
	dd if="$work/err.$worker" bs=1024 count=16 2>/dev/null |
		tr -c '\012\040-\176' '?' >"$out/got/$id.stderr"
}

end_worker() {
	kill "$watcher" 2>/dev/null
	[ -z "$pid" ] || end_tree "$pid"
	exit 0
}

play_worker() { # NUMBER
	worker=$1
	pid=
	count=0
	watch_worker "$worker" >/dev/null 2>&1 </dev/null &
	watcher=$!
	trap '' INT
	trap end_worker TERM HUP
	while IFS=$tab read -r id mode file line _; do
		asked=0
		while :; do
			ask
			# Ctrl-C reaches the player, too, and may do so first.
			case $status in 130 | 143) sleep 1 ;; esac
			[ ! -e "$work/stop" ] || end_worker
			judge
			again || break
		done
		keep
		printf '%s\t%s\t%s\t%s\n' "$id" "$result" "$asked" "$note" >>"$work/results.$worker"
		case $result in
		pass | skipped | unsure) ;;
		*) printf '%s%-8s %s%s\n' "$clear" "$result" "$id" "${note:+: $note}" ;;
		esac
	done <"$work/plan.$worker"
	end_worker
}

show_progress() {
	while sleep 1; do
		cat -- "$work"/results.* 2>/dev/null | awk -F '\t' -v total="$total" '
			$2 == "pass" { passed++ }
			$2 == "skipped" || $2 == "busy" || $2 == "unsure" { other++ }
			END { printf "\r\033[K%d of %d, %d as recorded, %d not", NR, total, passed, NR - passed - other }'
	done
}

clear=
progress=
if [ -t 2 ]; then
	clear=$(printf '\r\033[K')
	show_progress >&2 </dev/null &
	progress=$!
fi

interrupted=
workers=
interrupt() {
	interrupted=yes
	: >"$work/stop"
	# shellcheck disable=SC2086
	kill -TERM $workers 2>/dev/null
}
trap interrupt INT TERM HUP

spread "$work/plan"
for part in "$work"/plan.*; do
	play_worker "${part##*.}" &
	workers="$workers $!"
done
for one in $workers; do
	# A signal ends the first wait, and not the worker.
	wait "$one" 2>/dev/null
	[ -z "$interrupted" ] || wait "$one" 2>/dev/null
done
if [ -n "$progress" ]; then
	kill "$progress" 2>/dev/null
	printf '%s' "$clear" >&2
fi
trap '' INT TERM HUP

# ---- the results ----

{
	printf 'scenario\tresult\tasked\tnote\n'
	cat -- "$work"/results.* 2>/dev/null | awk -F '\t' '
		NR == FNR { line[$1] = $0; next }
		$1 in line { print line[$1] }' - "$work/plan"
} >"$out/results.tsv"

made=$(date -u '+%Y-%m-%d %H:%M UTC' 2>/dev/null)
built="$cc $cflags"
[ "$player" = "$out/player" ] || built="$player"
KIT=$kit OUT=$out SYSTEM=$system COMMAND=$run BUILT=$built MADE=$made TOTAL=$total VERSION=$version \
	LOOPS=$loops INTERRUPTED=$interrupted awk -f "$kit/json.awk" -f "$kit/report.awk" \
	"$out/results.tsv" >"$out/report.html" || fail 2 "cannot write \"$out/report.html\""
rm -rf -- "$work"

awk -F '\t' -v total="$total" -v out="$out" -v interrupted="$interrupted" '
	NR == 1 { next }
	{ count[$2]++; played++ }
	$2 == "pass" && $3 > 1 { again++ }
	$2 == "skipped" { why[$4]++ }
	function also(result, words) {
		if (count[result]) printf ", %d %s", count[result], words
	}
	END {
		printf "%d of %d scenarios: %d as recorded", played, total, count["pass"]
		if (again) printf " (%d of them asked again)", again
		also("differs", "differ")
		also("hangs", "do not come to rest")
		also("limit", "took too long")
		also("crash", "crashed")
		also("unsure", "showed what may or may not be possible")
		also("busy", "could not keep their time")
		also("skipped", "skipped")
		print interrupted ? "; interrupted" : ""
		for (one in why) printf "skipped %d: %s\n", why[one], one
		printf "report: %s/report.html\n", out
		bad = count["differs"] + count["hangs"] + count["limit"] + count["crash"]
		if (interrupted) exit 130
		if (bad) exit 1
		exit count["pass"] + count["unsure"] ? 0 : 3
	}' "$out/results.tsv"
