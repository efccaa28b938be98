# shellcheck shell=bash disable=SC2034,SC2154  # `run` shares its variables
# What a user without an SDK needs: a token, a call, and a look at the answer. Sourced by `run`.

# token GRANTS [KEY [SECRET]]: a JWT with these claims, as an SDK would sign it.
token() {
  local head body
  head=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url)
  body=$(jq -cn --argjson grants "$1" --arg iss "${2:-$LKM_API_KEY}" '{iss: $iss, exp: (now + 600 | floor)} + $grants' | tr -d '\n' | base64url)
  printf '%s.%s.%s' "$head" "$body" \
    "$(printf '%s.%s' "$head" "$body" | openssl dgst -sha256 -hmac "${3:-$LKM_API_SECRET}" -binary | base64url)"
}

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# call URL METHOD TOKEN BODY [curl option...]: sets STATUS (000 without an answer), EXIT (curl's own) and the files
# $work/body and $work/headers. METHOD is "<service>/<method>". BODY is JSON; "@file" is sent as protobuf.
call() {
  local url=$1 method=$2 token=$3 body=$4 type=application/json
  shift 4
  [[ $body != @* ]] || type=application/protobuf
  : >"$work/body"
  : >"$work/headers"
  EXIT=0
  STATUS=$(curl --silent --noproxy '*' --max-time 30 --output "$work/body" --dump-header "$work/headers" --write-out '%{http_code}' \
    --header "Content-Type: $type" --header "Authorization: Bearer $token" --data-binary "$body" "$@" \
    "$url/twirp/livekit.$method") || EXIT=$?
}

# header NAME: its values in the last answer, one a line.
header() { tr -d '\r' <"$work/headers" | sed -n "s/^$1: *//Ip"; }

# answer FILTER: jq over the last answer.
answer() { jq -rc "$1" "$work/body"; }

# protobuf ESCAPES: a body for `call`, as printf spells bytes.
protobuf() { printf '%b' "$1" >"$work/request" && printf '@%s' "$work/request"; }

# call_any_region METHOD TOKEN BODY [curl option...]: what an SDK does, by hand. On no answer, a 5xx or a 451 it reads the
# region list of region 0 and asks the next one, three attempts in all. TRIED is "<region>:<status>" for each.
call_any_region() {
  local method=$1 token=$2 body=$3 url=${cloud[0]} tried=0 regions='' asked=''
  shift 3
  TRIED=''
  while true; do
    call "$url" "$method" "$token" "$body" "$@"
    asked+=$url$'\n'
    TRIED+="${TRIED:+ }$(region_of "$url"):$STATUS"
    tried=$((tried + 1))
    [[ $STATUS == 000 || $STATUS == 5?? || $STATUS == 451 ]] && ((tried < 3)) || return 0
    [[ -n $regions ]] || regions=$(curl --silent --fail --noproxy '*' --max-time 2 --header "Authorization: Bearer $token" "$@" \
      "${cloud[0]}/settings/regions" | jq -r '.regions[]?.url') || return 0
    url=$(grep -Fxv "${asked%$'\n'}" <<<"$regions" | head -n 1) || true
    [[ -n $url ]] || return 0
  done
}

region_of() {
  local index
  for index in "${!cloud[@]}"; do
    [[ ${cloud[$index]} != "$1" ]] || printf '%s' "$index"
  done
}
