#!/bin/sh
# One bounded sipp run, in the foreground: sipp.sh SCENARIO HOST:PORT [sipp options and -key NAME VALUE ...]
#   env: RUN (required) IP (required; an own address of 127.0.0.0/8) PORT=5060 MPORT=26000 (even) CALLS=1
#        LIMIT=40 (s for the whole run) RING_MS=1000
#        STATUS EXTRA CONTACT (uas_reject.xml)  WAIT_MS=3000 (uas_desk_slow.xml)  METHOD (uac_request.xml)
# exit status: sipp's own: 0 all calls good, 1 some call failed (a check_it did not match, an unexpected
#   message, a timeout), 97 ended by int_cmd, 255 bad scenario.
# $RUN/SCENARIO.log holds what the scenario logged, .err the complaints, .msg every message (QUIET=yes: none).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${RUN:?}" "${IP:?}"
mkdir -p "$RUN"
sc=$1 to=$2 n=$(basename "$1" .xml)
shift 2
[ -f "$sc" ] || sc="$here/$sc"
sed "s/@RING_MS@/${RING_MS:-1000}/g; s/@METHOD@/${METHOD:-MESSAGE}/g; s/@STATUS@/${STATUS:-486 Busy Here}/
    s/@WAIT_MS@/${WAIT_MS:-3000}/g; s/@EXTRA@/${EXTRA:-X-Test: 1}/; s/@CONTACT@/${CONTACT:-sip:nobody@invalid}/" "$sc" >"$RUN/$n.xml"
[ -f "$RUN/tone700.ul" ] || python3 "$here/../mktone.py" "$RUN/tone700.ul" 700 6
cd "$RUN"
[ -n "${QUIET:-}" ] || set -- -trace_msg -message_file "$n.msg" "$@"
# The first -key of a name wins, so the caller's come before these.
exec sipp "$to" -sf "$n.xml" -i "$IP" -mi "$IP" -p "${PORT:-5060}" -mp "${MPORT:-26000}" -m "${CALLS:-1}" \
    -nostdin -timeout "${LIMIT:-40}" -timeout_error \
    -trace_logs -log_file "$n.log" -trace_err -error_file "$n.err" "$@" \
    -key fname Caller -key fuser caller -key fdomain "$IP" -key rdomain "$to" -key exthdr "X-Test: 1" \
    -key ctype text/plain -key body hello -key expires 300 -key cparams "" -key fold " " >/dev/null 2>&1 </dev/null
