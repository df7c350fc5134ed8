# How tests/run starts things, reads what they report, and counts. Sourced by it.
passed=0 failed=0 skipped=0 tried_again=0 unsteady=0
SECOND_TRIES_MAX=4
jobs=$(nproc)
log=$(mktemp -d /tmp/tanso-tests-XXXXXX)

say() { printf '%s\n' "$*"; }
pass() { passed=$((passed + ${2:-1})); say "PASS $1"; }
fail() { failed=$((failed + ${2:-1})); say "FAIL $1"; [ -z "${3:-}" ] || sed 's/^/     /' "$3" | tail -40; }
skip() {
	if grep -qxF "$1" tests/allowed-skips; then
		skipped=$((skipped + 1))
		say "SKIP $1: $2"
	else
		fail "$1: skipped ($2), and tests/allowed-skips does not list it"
	fi
}

# Whether a command succeeds, as one test.
check() { # name command...
	if "${@:2}" >"$log/check" 2>&1; then pass "$1"; else fail "$1" 1 "$log/check"; fi
}

build() { # preset [target...]
	local preset=$1 log_file=$log/build-$1
	shift
	say "building $preset"
	if ! cmake --preset "$preset" >"$log_file" 2>&1 ||
		! cmake --build "build/$preset" -j "$jobs" ${1:+--target "$@"} >>"$log_file" 2>&1; then
		fail "build $preset" 1 "$log_file"
		return 1
	fi
}

# Runs each command (words in one argument), as many at a time as there are CPUs, and settles them in order.
each() { # settle command...
	local settle=$1 commands=("${@:2}") begun=0 settled=0 statuses=() starts=() ends=() ended
	local -A running=()
	while ((settled < ${#commands[@]})); do
		while ((begun < ${#commands[@]} && ${#running[@]} < jobs)); do
			timeout -k 10 "${limit:-120}" ${commands[begun]} >"$log/report-$begun" 2>&1 &
			running[$!]=$begun starts[begun]=$SECONDS
			begun=$((begun + 1))
		done
		wait -n -p ended "${!running[@]}"
		statuses[${running[$ended]}]=$? ends[${running[$ended]}]=$SECONDS
		unset "running[$ended]"
		while [ -n "${statuses[settled]:-}" ]; do
			took=$((ends[settled] - starts[settled]))
			"$settle" "${commands[settled]}" "${statuses[settled]}" "$log/report-$settled"
			settled=$((settled + 1))
		done
	done
}

# A cmocka program: each of its test functions counts.
settle_cmocka() { # command status report
	local name=${1##*/}${suffix:-} good bad left
	good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s).*/\1/p' "$3" | tail -1)
	bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p' "$3" | tail -1)
	left=$(sed -n 's/^\[  SKIPPED \] \(.*\)$/\1/p' "$3" | grep -v 'test(s)' | sort -u)
	passed=$((passed + ${good:-0}))
	if [ "$2" -ne 0 ]; then
		fail "$name (status $2)" "${bad:-1}" "$3"
	else
		say "PASS $name (${good:-0})"
	fi
	for test in $left; do skip "$test" "see $name"; done
}

# Scripts start real processes and wait for them, on machines that others share: one that fails is tried once more, by
# itself, and what fails twice has failed. A second try is no secret: it is named with its first report, and counted.
try_again() { # command status report -> true when it passed now; its report is the new one then
	[ "$2" -ne 0 ] && ((tried_again++ < SECOND_TRIES_MAX)) || return 1
	timeout -k 10 "${limit:-120}" $1 >"$3-again" 2>&1 || return 1
	unsteady=$((unsteady + 1))
	say "UNSTEADY $1: status $2, then 0; its first report:"
	sed 's/^/     /' "$3" | tail -60
	mv "$3-again" "$3"
}

# A script prints PASS name, FAIL name: why, SKIP name: why; anything else is its report.
settle_script() { # command status report
	local before=$failed rest
	if try_again "$@"; then set -- "$1" 0 "$3"; fi
	while IFS= read -r line; do
		case $line in
		"PASS "*) pass "${line#PASS }" ;;
		"FAIL "*) fail "${line#FAIL }" ;;
		"SKIP "*) rest=${line#SKIP }; skip "${rest%%:*}" "${rest#*: }" ;;
		esac
	done <"$3"
	say "   ${1#python3 } took $took s"
	if [ "$2" -ne 0 ] && [ "$before" -eq "$failed" ]; then
		fail "$1 ended with status $2" 1 "$3"
	elif [ "$before" -ne "$failed" ]; then
		sed 's/^/     /' "$3" | tail -60
	fi
}

settle_whole() { # command status report: the whole of it is one test
	local name=${1%% *}
	if [ "$2" -eq 0 ]; then pass "${name##*/}"; else fail "${name##*/}" 1 "$3"; fi
}
