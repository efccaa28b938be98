# shellcheck shell=bash disable=SC2154  # `run` shares its variables
# When the network breaks: what curl reports, and what it sends again. Sourced by `run`.

# create_room CONTROL [curl option...]: a call by an application that is configured for LiveKit Cloud.
create_room() {
  local control=$1
  shift
  call "${cloud[0]}" "$create" "$may_create" "$lobby" --verbose --stderr "$work/log" --header "$(under "$control")" "$@"
}

# piped CONTROL [curl option...]: the same with its body in a pipe, as `curl … | jq` has it: sets PIPED and EXIT.
piped() {
  local control=$1
  shift
  EXIT=0
  PIPED=$(curl --silent --noproxy '*' --max-time 30 --header 'Content-Type: application/json' --header "Authorization: Bearer $may_create" \
    --header "$(under "$control")" --data-binary "$lobby" "$@" "${cloud[0]}/twirp/livekit.$create") || EXIT=$?
}

call_id() { printf 'X-Livekit-Request-Id: %s' "$1"; }

# sent: the requests of the last `create_room`, each as "<status or none> <the id that it brought or no-id> <X-Lk-Mock-Attempt or ->".
sent() {
  local line status='' id attempt all=''
  while IFS= read -r line; do
    case ${line%$'\r'} in
      '> POST '*) [[ -z $status ]] || all+="$status $id $attempt, "; status=none id=no-id attempt=- ;;
      '> X-Livekit-Request-Id: '*) id=${line##*: } id=${id%$'\r'} ;;
      '< HTTP/1.1 '*) status=${line#* * } status=${status:0:3} ;;
      '< X-Lk-Mock-Attempt: '*) attempt=${line##*: } attempt=${attempt%$'\r'} ;;
    esac
  done < <(tr -d '\0' <"$work/log")
  printf '%s' "$all$status $id $attempt"
}

answered='{"sid":"MOCK_SID","name":"lobby","enabledCodecs":[{}]}'
unavailable='{"code":"unavailable","msg":"mock failure (status 503)"}'

# not_by_retry_alone MODE EXIT STATUS: `--retry` does not try again after this failure, and `--retry-all-errors` does.
not_by_retry_alone() {
  local attempt=1
  [[ $3 != none ]] || attempt=-
  create_room "{\"failRegions\":[0],\"failMode\":\"$1\"}" --retry 1
  same "$1: --retry does not try again" "$EXIT $(sent)" "$2 $3 no-id -"
  create_room "{\"failTimes\":1,\"failMode\":\"$1\"}" --retry 1 --retry-all-errors --header "$(call_id "$1")"
  same "$1: --retry-all-errors does" "$EXIT $(sent)" "0 $3 $1 $attempt, 200 $1 2"
  same "$1: the answer is whole" "$(<"$work/body")" "$answered"
}

net_reset() {
  create_room '{"failRegions":[0],"failMode":"reset"}'
  same 'curl says "failure in receiving"' "$EXIT $STATUS $(sent)" '56 000 none no-id -'
  not_by_retry_alone reset 56 none
}

net_hang() {
  create_room '{"failRegions":[0],"failMode":"hang"}' --max-time 1
  same 'curl says "operation timed out"' "$EXIT $STATUS $(sent)" '28 000 none no-id -'
  create_room '{"failTimes":1,"failMode":"hang"}' --max-time 1 --retry 1 --header "$(call_id hang)"
  same '--retry tries again, with the deadline anew' "$EXIT $(sent)" '0 none hang -, 200 hang 2'
  SECONDS=0
  create_room '{"failRegions":[0],"failMode":"hang"}' --connect-timeout 1 --max-time 3
  same '--connect-timeout does not end it' "$EXIT $((SECONDS >= 2))" '28 1'
}

net_truncate() {
  local rooms='{"failRegions":[0],"failMode":"truncate","response":{"rooms":[{"name":"a"},{"name":"b"}]}}'
  create_room '{"failRegions":[0],"failMode":"truncate"}'
  same 'curl says "partial file"' "$EXIT $STATUS $(sent)" '18 200 200 no-id -'
  same 'half of the answer' "$(<"$work/body")" "${answered:0:27}"
  not_by_retry_alone truncate 18 200
  call "${cloud[0]}" RoomService/ListRooms "$(token '{"video":{"roomList":true}}')" "$(protobuf '')" --header "$(under "$rooms")"
  same 'half a list in protobuf is a whole one with its first room' "$EXIT $STATUS $(xxd -p "$work/body")" "18 200 $(printf '\x0a\x03\x12\x01a' | xxd -p)"
  piped '{"failTimes":1,"failMode":"truncate"}' --retry 1 --retry-all-errors --header "$(call_id 'truncate in a pipe')"
  same 'in a pipe, half of the answer stands before the answer' "$EXIT $PIPED" "0 ${answered:0:27}$answered"
}

net_garbage() {
  create_room '{"failRegions":[0],"failMode":"garbage"}'
  same 'curl says "unsupported protocol"' "$EXIT $STATUS $(sent)" '1 000 none no-id -'
  not_by_retry_alone garbage 1 none
  create_room '{"failRegions":[0],"failMode":"garbage"}' --http0.9
  same '--http0.9 takes it for an answer' "$EXIT $STATUS $(grep -ac 'garbage, as asked' "$work/body")" '0 000 1'
}

net_html_502() {
  local html='<html><body>502 Bad Gateway</body></html>'
  local control="{\"failRegions\":[0],\"failStatus\":502,\"failBody\":\"$html\"}"
  create_room "$control"
  same 'the HTML as it came' "$EXIT $STATUS $(header content-type) $(<"$work/body")" "0 502 text/html; charset=utf-8 $html"
  same 'one request' "$(sent)" '502 no-id -'
  create_room "$control" --fail
  same '--fail says "HTTP page not retrieved"' "$EXIT $STATUS $(<"$work/body")" '22 502 '
  create_room "$control" --fail-with-body
  same '--fail-with-body says it too' "$EXIT $STATUS $(<"$work/body")" "22 502 $html"
}

net_429() {
  create_room '{"failRegions":[0],"failStatus":429,"failHeaders":{"Retry-After":"1"}}'
  same 'the error as it came' "$EXIT $STATUS $(answer .code) $(header retry-after) $(sent)" '0 429 resource_exhausted 1 429 no-id -'
  SECONDS=0
  create_room '{"failTimes":1,"failStatus":429,"failHeaders":{"Retry-After":"3"}}' --retry 1 --max-time 1 --header "$(call_id 429)"
  same '--retry tries again' "$EXIT $(sent)" '0 429 429 1, 200 429 2'
  same 'after as many seconds as it was told, in spite of --max-time' "$((SECONDS >= 2))" 1
}

net_fails_once() {
  create_room '{"failTimes":1,"key":"once"}'
  same 'without --retry' "$EXIT $STATUS $(answer .code) $(sent)" '0 503 unavailable 503 no-id 1'
  create_room '{"failTimes":1}' --retry 1 --header "$(call_id once-more)"
  same 'with --retry' "$EXIT $STATUS $(<"$work/body")" "0 200 $answered"
  same 'both tries bring the same id' "$(sent)" '503 once-more 1, 200 once-more 2'
  create_room '{"failTimes":1,"key":"no id"}' --retry 1
  same 'curl makes up no id' "$EXIT $(sent)" '0 503 no-id 1, 200 no-id 2'
  piped '{"failTimes":1}' --retry 1 --header "$(call_id 'once in a pipe')"
  same 'in a pipe, the error stands before the answer' "$EXIT $PIPED" "0 $unavailable$answered"
}

net_fails_twice() {
  create_room '{"failTimes":2,"key":"twice"}'
  same 'without --retry' "$EXIT $STATUS $(sent)" '0 503 503 no-id 1'
  create_room '{"failTimes":2}' --retry 2 --header "$(call_id two)"
  same 'with --retry 2' "$EXIT $(sent)" '0 503 two 1, 503 two 2, 200 two 3'
  create_room '{"failTimes":2}' --retry 1 --header "$(call_id one)"
  same 'with --retry 1, which is not enough' "$EXIT $STATUS $(sent)" '0 503 503 one 1, 503 one 2'
  create_room '{"failTimes":2}' --retry 1 --fail --header "$(call_id fail)"
  same 'and with --fail' "$EXIT $STATUS $(sent)" '22 503 503 fail 1, 503 fail 2'
}

net_fails_in_turn() {
  local region tried=''
  create_room '{"failTimes":4,"key":"in turn"}'
  same 'one request' "$EXIT $STATUS $(sent)" '0 503 503 no-id 1'
  for region in 0 1 2 3 0; do
    call "${cloud[$region]}" "$create" "$may_create" "$lobby" --header "$(under '{"failTimes":4}')" --header "$(call_id 'in turn by hand')"
    tried+="${tried:+, }$region $STATUS $(header x-lk-mock-attempt)"
  done
  same 'by hand' "$tried" '0 503 1, 1 503 2, 2 503 3, 3 503 4, 0 200 5'
}

net_cloud_api() {
  call "${cloud_api[0]}" "$create" "$may_create" "$lobby" --verbose --stderr "$work/log" --header "$(under '{"failTimes":1,"key":"cloud api"}')"
  same 'no host is special' "$EXIT $STATUS $(sent)" '0 503 503 no-id 1'
}
