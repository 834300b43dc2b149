#!/bin/sh
# Follows transcriptions in a stream of Redis, and goes on where it was. Needs redis-cli 7 and jq.
#
# In one line, for whoever needs no more than what comes from now on:
#
#   redis-cli -u "$(cat .hum/data/redis.url)" psubscribe 'humhelix.events.transcription.*'
set -u
here=$(dirname "$0")
url=${REDIS_URL:-$(cat .hum/data/redis.url)}
stream='{humhelix}:events:v1:transcription'
# Keeps how far this came.
place=${PLACE:-events.place}

while :; do
  read -r cursor _ 2>/dev/null <"$place" || cursor=0
  # Without a terminal redis-cli prints one value a line: an entry's id, then names and values of its fields.
  { redis-cli -e -u "$url" --no-auth-warning xread count 100 block 2000 streams "$stream" "$cursor" || sleep 1; } |
    awk 'name == "ce" { print entry "\t" $0; fflush() } { entry = name; name = $0 }' |
    sh "$here/tell.sh" "$place"
done
