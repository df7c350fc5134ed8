# Sourced by deploy/up: is somebody listening already where tanso is to listen? Without the binaries, which are not built yet.

# The address of IP:PORT as /proc/net/tcp writes it, "any" for all of them, nothing for what is left to tanso itself.
kernel_address() {
	case ${1%:*} in
	0.0.0.0 | "[::]") echo any ;;
	"[::1]") echo 00000000000000000000000001000000 ;;
	*.*.*.*) echo "${1%:*}" | awk -F. '{ printf "%02X%02X%02X%02X", $4, $3, $2, $1 }' ;;
	esac
}

# Who listens at IP:PORT; fails where nobody does.
holder() {
	inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		awk -v port="$(printf %04X "${1##*:}" 2>/dev/null)" -v ours="$(kernel_address "$1")" '
			{ split($2, at, ":") }
			$4 == "0A" && at[2] == port && (ours == "any" || at[1] == ours || at[1] ~ /^0+$/) { print $10; exit }')
	[ -n "$inode" ] || return 1
	pid=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" -print -quit 2>/dev/null | cut -d/ -f3)
	if [ -n "$pid" ]; then echo "$(cat "/proc/$pid/comm") (pid $pid)"; else say "another process" "다른 프로세스"; fi
}

# The value of a key: among the options of `tanso up`, else in its file, else the default.
setting() { # KEY DEFAULT OPTION...
	key=$1 value=$2
	shift 2
	file=$(printf '%s\n' "$@" | sed -n 's/^--config=//p; /^\(-c\|--config\)$/{n;p}' | tail -n 1)
	written=$(sed -n "s/^$key *= *\([^;]*\).*/\1/p" "${file:-deploy/config/tanso.conf}" 2>/dev/null | tail -n 1)
	given=$(printf '%s\n' "$@" | sed -n "s/^\(-s\|--set=\)\{0,1\}$key=//p" | tail -n 1)
	[ -z "$written" ] || value=$written
	[ -z "$given" ] || value=$given
	echo "$value" | tr , ' '
}

# Ours holds the address: no stranger is in the way, it is what was asked for. `tanso up` (tanso-cli) restarts a stage that is killed.
say_running() { # ADDRESS "COMMAND (pid PID)"
	pid=${2##*pid }
	pid=${pid%)}
	parent=$(awk '{ print $4 }' "/proc/$pid/stat" 2>/dev/null)
	[ "$(cat "/proc/$parent/comm" 2>/dev/null)" != tanso-cli ] || pid=$parent
	say "deploy/up: already running (pid $pid, $1): build/release/bin/tanso top and build/release/bin/tanso doctor show it" \
		"deploy/up: 이미 실행 중입니다(pid $pid, $1). build/release/bin/tanso top이나 build/release/bin/tanso doctor로 볼 수 있습니다" >&2
	if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = tanso-cli ]; then
		say "  to stop it: Ctrl-C in its terminal, or kill $pid; to restart it, run deploy/up again afterwards" \
			"  중지하려면: 그 터미널에서 Ctrl-C 또는 kill $pid. 다시 시작하려면 그 뒤에 deploy/up을 다시 실행하십시오" >&2
	else
		say "  it is a service: systemctl restart tanso.target, or systemctl stop tanso.target" \
			"  서비스로 실행 중입니다: systemctl restart tanso.target 또는 systemctl stop tanso.target" >&2
	fi
}

# What is wrong with the options comes before what runs already. Without the binary, or with one of before --check, nobody knows.
options_are_right() { # OPTION...
	build/release/bin/tanso up --help 2>/dev/null | grep -q -e --check || return 0
	build/release/bin/tanso up --check "$@"
}

# Says which are taken, by whom, and the remedy; fails if any is, with 2 where the options are wrong.
ports_are_free() { # OPTION...
	result=0
	for pair in http_listen=127.0.0.1:30800 metrics_listen=127.0.0.1:30443; do
		name=${pair%%=*}
		for address in $(setting "$name" "${pair#*=}" "$@"); do
			who=$(holder "$address") || continue
			case $who in
			tanso-*)
				options_are_right "$@" || return 2
				say_running "$address" "$who"
				return 1
				;;
			esac
			say "deploy/up: $name = $address is in use by $who; stop that, or take another: deploy/up --set $name=ADDRESS:PORT" \
				"deploy/up: $name = $address: 이미 사용 중입니다: $who. 그것을 중지하거나 다른 주소를 지정하십시오: deploy/up --set $name=ADDRESS:PORT" >&2
			result=1
		done
	done
	return $result
}
