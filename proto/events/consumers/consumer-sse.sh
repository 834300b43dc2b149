#!/bin/sh
# Follows transcriptions over HTTP, without a broker, and goes on where it was. Needs curl and jq.
#
# In one line, for whoever needs no more than what comes from now on:
#
#   curl -N 'http://127.0.0.1:8000/v1/events?stream=true&type=transcription.*'
set -u
here=$(dirname "$0")
node=${HUM_URL:-http://127.0.0.1:8000}
# Keeps how far this came.
place=${PLACE:-events.place}

while :; do
  read -r cursor _ 2>/dev/null <"$place" || cursor=0
  id=
  { curl -sSfN -H "last-event-id: $cursor" ${HUM_API_KEY:+-H "authorization: Bearer $HUM_API_KEY"} \
    "$node/v1/events?stream=true&type=transcription.*" || sleep 1; } |
    while IFS= read -r line; do
      case $line in
        'id: '*) id=${line#id: } ;;
        # Without an id it is not kept, as transcription.progress.
        'data: '*) [ -z "$id" ] || printf '%s\t%s\n' "$id" "${line#data: }" ;;
        '') id= ;;
      esac
    done |
    sh "$here/tell.sh" "$place"
done
