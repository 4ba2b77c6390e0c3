#!/bin/sh
# One deskphone, in the foreground until TERM: baresip.sh
#  env: RUN       directory of this phone: config, rec/ (required; one for each phone)
#       USERNAME PASSWORD=secret DOMAIN SERVER=host:port of the registrar (required: USERNAME DOMAIN SERVER)
#       SIPPORT CTLPORT  where it listens on IP=127.0.0.1 for SIP (TLS on SIPPORT+1) and control (required).
#                 IP=[::1]: IPv6; control stays on 127.0.0.1
#       RTPLO=20000 RTPHI=31999  a free port among them is taken. RTP sockets are bound to all addresses: on
#                 loopback RTP leaves from 127.0.0.1, so with another IP the phone looks as if it were behind NAT
#       TRANSPORT=udp|tcp|tls
#       TONE=440  Hz that the microphone hears, or SOURCE=aufile,/path/48k-stereo.wav
#       PARAMS    further account parameters, each led by ';': ';audio_codecs=PCMU;answermode=auto'
#       OUTBOUND=yes  RFC 5626 (reg-id, +sip.instance, ob)   REGINT=60 (seconds; 0: do not register)
#       DIRECT=yes    no outbound proxy: calls go straight to the URI
#       WATCHES=yes   subscribe to contacts with ;presence=p2p
#       UUID      +sip.instance UUID   AUTHUSER=USERNAME   DISPLAY_NAME   CAFILE (TLS)   RTCPMUX=no
#  Control: netstrings of JSON on IP:CTLPORT (module ctrl_tcp); ONE connection, a new one replaces it.
#  Standard output holds every SIP message. rec/dump-*-enc.wav is what was sent, -dec.wav what was
#  received; received sound is lost for the rest of a call once its direction was not sendrecv.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${RUN:?}" "${USERNAME:?}" "${DOMAIN:?}" "${SERVER:?}" "${SIPPORT:?}" "${CTLPORT:?}"
TRANSPORT=${TRANSPORT:-udp}
mkdir -p "$RUN/rec"
if [ ! -f "$RUN/phone.pem" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$USERNAME" \
        -keyout "$RUN/key.pem" -out "$RUN/cert.pem" 2>/dev/null
    cat "$RUN/key.pem" "$RUN/cert.pem" >"$RUN/phone.pem"
fi
family=-4 bare=${IP:-127.0.0.1} ctlip=${IP:-127.0.0.1}
case $bare in
"["*)
    family=-6 ctlip=127.0.0.1
    bare=$(echo "$bare" | tr -d "[]")
    ;;
esac
watches="#"
[ "${WATCHES:-no}" = no ] || watches=module_app
[ -z "${UUID:-}" ] || printf %s "$UUID" >"$RUN/uuid"
sed -e "s#@IP@#${IP:-127.0.0.1}#g; s#@SIPPORT@#$SIPPORT#g; s#@CTLPORT@#$CTLPORT#g; s#@DIR@#$RUN#g" \
    -e "s#@BARE@#$bare#g; s#@CTLIP@#$ctlip#g; s#@RTPLO@#${RTPLO:-20000}#g; s#@RTPHI@#${RTPHI:-31999}#g; s#@RTCPMUX@#${RTCPMUX:-no}#g" \
    -e "s#@SOURCE@#${SOURCE:-ausine,${TONE:-440}}#g; s#@CAFILE@#${CAFILE:-}#g" \
    -e "s#@WATCHES@#$watches#" \
    -e '/^sip_cafile[[:space:]]*$/d' "$here/config.in" >"$RUN/config"
proxy="sip:$SERVER;transport=$TRANSPORT"
outbound=";outbound=\"$proxy\""
[ "${OUTBOUND:-no}" = no ] || outbound="$outbound;sipnat=outbound"
[ "${DIRECT:-no}" = no ] || outbound=""
echo "${DISPLAY_NAME:+\"$DISPLAY_NAME\" }<sip:$USERNAME@$DOMAIN;transport=$TRANSPORT>;auth_user=${AUTHUSER:-$USERNAME};auth_pass=${PASSWORD:-secret};regint=${REGINT:-60}$outbound${PARAMS:-}" >"$RUN/accounts"
[ -f "$RUN/contacts" ] || : >"$RUN/contacts"
exec stdbuf -oL baresip -f "$RUN" $family -s </dev/null
