# shellcheck shell=bash
# Checks and their report. Sourced by `run`.

passed=0
failed=0

# behaviour ID RESULT NOTE FUNCTION [DOES]: runs the function's checks and reports the behaviour if every one of them holds.
behaviour() {
  local before=$failed
  echo "$1"
  "$4"
  ((failed == before)) || return 0
  jq -cn --arg behaviour "$1" --arg result "$2" --arg note "$3" --arg does "${5-}" \
    '{client: "curl", package: "curl", version: "as installed", behaviour: $behaviour, result: $result}
      + if $note == "" then {} else {note: $note} end
      + if $does == "" then {} else {does: $does} end' >>"$LKM_RESULTS"
}

# same WHAT ACTUAL EXPECTED
same() {
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf '  FAILED %s\n    expected: %s\n    actual:   %s\n' "$1" "$3" "$2"
  fi
}
