#!/bin/sh
# What both shell examples do with the events, each a line of a cursor, a tab and JSON: prints how each job ended, and
# then keeps the place. Whoever ends it in between sees that job again: a shell has no transactions.
set -u
place=$1
node=${HUM_URL:-http://127.0.0.1:8000}
tab=$(printf '\t')

# Either the old or the new, whenever the machine stops.
keep() { echo "$cursor $source $last" >"$place.new" && mv "$place.new" "$place"; }

# A text that is too large for an event is at the node, for as long as its spool keeps it.
fetch() {
  curl -sS --retry 1000 --retry-delay 1 --retry-connrefused \
    ${HUM_API_KEY:+-H "authorization: Bearer $HUM_API_KEY"} "$node$1" | jq -r '.text // "(no longer kept)"'
}

columns='split("\t") as [$cursor, $json] | $json | fromjson
  | (.type | split(".")[3]) as $verb
  | (if $verb == "completed" then .data.text elif $verb == "failed" then .data.error.message else null end) as $text
  | [$cursor, .source, (.sequence | tonumber), $verb, .data.job_id, .dataref // "-", $text // "-"] | @tsv'

jq -Rr --unbuffered "$columns" | {
  read -r cursor source last 2>/dev/null <"$place" || source=
  while IFS=$tab read -r next from sequence verb job dataref text; do
    cursor=$next
    # A source is one life of a node's sequence, which counts without a gap: a restored or emptied node begins another.
    if [ "$from" != "$source" ]; then
      source=$from last=$((sequence - 1))
    elif [ "$sequence" -le "$last" ]; then
      echo "duplicate: $sequence of $source" >&2
      continue
    fi
    [ "$sequence" -eq $((last + 1)) ] || echo "gap: $((last + 1)) to $((sequence - 1)) of $source" >&2
    last=$sequence
    case $verb:$dataref in
      completed:-) printf '%s: %b\n' "$job" "$text" ;;
      completed:*) printf '%s: %s\n' "$job" "$(fetch "$dataref")" ;;
      failed:*) printf '%s failed: %b\n' "$job" "$text" ;;
      *) continue ;;
    esac
    keep
  done
  [ -z "$source" ] || keep
}
